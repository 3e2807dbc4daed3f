"""A small HTTP server on loopback: where the lab's certificates point to for revocation and for missing issuers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

from connector_probe.lab.smtp import Listener, Visit
from connector_probe.lab.sockets import LOOPBACK, bind, port_of

HOST = "pki.lab.test"
MAX_REQUEST = 65_536

Page = Callable[[bytes], bytes]
"""The body of the request -> the body of the response."""


class Website:
    """Pages by path. A path without a page is 404; one of ``None`` never answers."""

    def __init__(self) -> None:
        self._socket: socket.socket = bind(LOOPBACK)
        self._pages: dict[str, Page | None] = {}
        self._listener: Listener | None = None
        self.address = f"http://{HOST}:{port_of(self._socket)}"

    def publish(self, path: str, page: Page | None) -> str:
        """The URL of the page."""
        self._pages[path] = page
        return self.address + path

    def start(self) -> None:
        self._socket.listen()
        self._listener = Listener(self._socket, self._answer, HOST)

    async def stop(self) -> None:
        if self._listener is not None:
            await self._listener.stop()
        self._socket.close()

    async def _answer(self, visit: Visit) -> None:
        await visit.command()
        path = visit.argument.split(b" ", 1)[0].decode("ascii", "replace")
        length = 0
        while (header := await visit.command()) != "":
            if header == "CONTENT-LENGTH:" and visit.argument.isdigit():
                length = min(int(visit.argument), MAX_REQUEST)
        asked = await visit.exactly(length)
        if path not in self._pages:
            await visit.send_raw(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        page = self._pages[path]
        if page is None:
            await visit.ignore()
            return
        body = await asyncio.to_thread(page, asked)
        date = format_datetime(datetime.now(UTC), usegmt=True)
        head = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        await visit.send_raw(head.encode("ascii") + body)
