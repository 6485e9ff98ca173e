"""The wire: Socket.IO, identity and HTTP. The only room that imports socketio and aiohttp."""
