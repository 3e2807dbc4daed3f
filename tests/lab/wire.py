"""A small client for looking at the lab, of the standard library alone."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings

from connector_probe.lab import Lab

LIMIT = 5.0  # seconds; on loopback only a mistake takes that long
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(lab: Lab, name: str) -> Streams:
    running = lab[name]
    return await asyncio.open_connection(running.scenario.servers[0].address, running.port)


async def hear(reader: asyncio.StreamReader, limit: float = LIMIT) -> bytes:
    """One reply, up to its last line; "<end>" behind what came where the server hung up."""
    heard = b""
    while True:
        try:
            line = await asyncio.wait_for(reader.readuntil(b"\n"), limit)
        except asyncio.IncompleteReadError as cut:
            return heard + cut.partial + b"<end>"
        heard += line
        if line[3:4] != b"-" or not line[:3].isdigit():
            return heard


async def dial(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commands: list[str], limit: float = LIMIT
) -> bytes:
    """All that the server says to ``commands``, each sent after the reply to the one before."""
    heard = await hear(reader, limit)
    for command in commands:
        writer.write(command.encode("latin-1") + b"\r\n")
        heard += await hear(reader, limit)
    if not commands or commands[-1] != "EHLO x":
        heard += await _rest(reader)
    return heard


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """What stands behind the last reply: an end, or more bytes."""
    try:
        more = await asyncio.wait_for(reader.read(4096), 0.05)
    except TimeoutError:
        return b""
    return more or b"<end>"


def _open_context() -> ssl.SSLContext:
    """Takes everything that OpenSSL still can, verifies nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def starttls(lab: Lab, name: str, context: ssl.SSLContext | None = None) -> tuple[str, str]:
    """Version and cipher of a handshake. Raises ssl.SSLError or OSError."""
    return await asyncio.to_thread(_starttls, lab, name, context or _open_context(), False)


async def shake(lab: Lab, name: str) -> tuple[str, str]:
    """The same, and then an EHLO inside, which is when TLS 1.3 tells that a certificate was missing."""
    return await asyncio.to_thread(_starttls, lab, name, _open_context(), True)


async def certificate_error(lab: Lab, name: str) -> int | None:
    """OpenSSL's verification code; None where it is content."""
    context = ssl.create_default_context(cafile=lab.ca_file)
    context.hostname_checks_common_name = False  # RFC 9525, as the probe has it
    context.set_ciphers("DEFAULT:@SECLEVEL=2")
    try:
        await starttls(lab, name, context)
    except ssl.SSLCertVerificationError as error:
        return error.verify_code
    return None


def _starttls(lab: Lab, name: str, context: ssl.SSLContext, ehlo_again: bool) -> tuple[str, str]:
    running = lab[name]
    with socket.create_connection((running.scenario.servers[0].address, running.port), LIMIT) as sock:
        for command in (b"", b"EHLO x\r\n", b"STARTTLS\r\n"):
            sock.sendall(command)
            reply = b""
            while not (reply.endswith(b"\n") and reply.splitlines()[-1][3:4] == b" "):
                data = sock.recv(4096)
                if not data:
                    raise EOFError(reply)
                reply += data
        with context.wrap_socket(sock, server_hostname=running.host) as tls:
            if ehlo_again:
                tls.sendall(b"EHLO x\r\n")
                tls.recv(4096)
            cipher = tls.cipher()
            return tls.version() or "", cipher[0] if cipher else ""
