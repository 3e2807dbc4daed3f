"""The one door to the network, on real sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading

import pytest

from connector_probe.model.evidence import FaultKind
from connector_probe.network import WIDE_OFFER, NetworkFaultError, SystemNetwork

ALERT = bytes([21, 3, 3, 0, 2, 2, 40])  # a record that holds the fatal alert handshake_failure (RFC 8446 6)
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


async def test_what_came_before_an_early_reset_is_read() -> None:
    """A server that answers 421 and resets can be done before we notice that the connection is up."""
    gone = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"421 busy\r\n")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            connection.close()
            gone.set()

        server = threading.Thread(target=refuse)
        server.start()
        # The loop stands still from the SYN until the reset is there, as on a machine with too much to do.
        asyncio.get_running_loop().call_soon(gone.wait)
        stream = await SystemNetwork().connect("127.0.0.1", listener.getsockname()[1], None, 5.0)
        try:
            assert await stream.receive(5.0) == b"421 busy\r\n"
            with pytest.raises(NetworkFaultError) as caught:
                await stream.receive(5.0)
            assert caught.value.fault.kind is FaultKind.RESET
        finally:
            await stream.close()
            server.join()


async def test_an_alert_before_a_reset_is_read() -> None:
    """A server that turns TLS down at once sends its alert and resets, and our ClientHello meets the reset."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = await SystemNetwork().connect("127.0.0.1", listener.getsockname()[1], None, 5.0)
        connection, _ = listener.accept()
        connection.sendall(ALERT)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        connection.close()
        try:
            outcome = await stream.start_tls(None, WIDE_OFFER, 5.0)
        finally:
            await stream.close()
    assert outcome.fault is not None
    assert (outcome.fault.kind, outcome.fault.alert) == (FaultKind.ALERT, "handshake_failure")
