"""A private, throw-away Redis from the Debian package."""

from __future__ import annotations

import socket

from tests.support.servers.private_server import PrivateServer, program


class Redis(PrivateServer):
    """One server without anything on disk: `with Redis() as redis: redis.url`.

    What it knew is gone when it is killed.
    """

    programs = ("redis-server",)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def cut_subscribers(self) -> None:
        """Close the connections that listen, as Redis does with those that are too slow."""
        self.ask("CLIENT", "KILL", "TYPE", "pubsub")

    def cut_publishers(self) -> None:
        """Close the connections that do not listen."""
        self.ask("CLIENT", "KILL", "TYPE", "normal")

    def publish(self, channel: str, message: bytes) -> None:
        """Say something that is not from any of our servers."""
        self.ask("PUBLISH", channel, message)

    def ask(self, *command: str | bytes) -> bytes:
        """The raw answer to a command."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            words = [word if isinstance(word, bytes) else word.encode() for word in command]
            client.sendall(
                b"*%d\r\n" % len(words)
                + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
            )
            return client.recv(65536)

    def _command(self) -> list[str]:
        return [
            program("redis-server"),
            *("--bind", "127.0.0.1", "--port", str(self.port)),
            *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
        ]

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False
