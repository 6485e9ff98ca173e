"""Socket.IO, access tokens and HTTP: the only package that imports socketio, engineio or aiohttp."""
