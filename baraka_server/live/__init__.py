"""A sale while it goes on: auctioneers, which order the commands; views; who is in which room.

Nothing here knows Socket.IO: announcements go through an `Audience`.
"""
