"""The sale as it happens: who may speak in which order, what everybody sees, who is there.

Nothing here knows Socket.IO; what has to reach people goes through the `Audience` of a viewer.
"""
