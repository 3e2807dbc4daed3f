"""Servers whose misbehaviour takes more than other answers in ``session``: it counts, waits, or breaks into TLS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from connector_probe.lab.session import (
    NOT_IMPLEMENTED,
    READY,
    hangs_up,
    in_turn,
    lists_also,
    repeats,
    says,
    session,
    speaks,
    writes,
)
from connector_probe.lab.smtp import Behaviour, ClientGoneError, Visit

_RECORD = "\x16\x03\x03\x40\x00"  # of a handshake, as long as one may be
_NOTHING = "\x00" * 0x4000

http = in_turn(writes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), hangs_up)
busy = in_turn(says("421 4.3.2 Service not available"), hangs_up)
masked = says("220 " + "*" * 60)  # a banner that a firewall's SMTP inspection has overwritten
greets_at_length = says(f"220 {{host}} ESMTP {'lab ' * 150}")
floods = repeats(_RECORD + _NOTHING, first=_RECORD + "\x02\xff\xff\xff" + _NOTHING[4:])  # a ServerHello of 16 MiB

# --- by the number of the connection -----------------------------------------------------------------------------


async def recovers(visit: Visit) -> None:
    """Busy on the first connection and every other one, fine on those between."""
    if visit.number % 2:
        await busy(visit)
    await session(visit)


async def is_one_of_two(visit: Visit) -> None:
    """A balancer in front of two servers, one of which has no TLS."""
    other = speaks(says("220 other.{host} ESMTP lab"), EHLO=lists_also(), STARTTLS=says(NOT_IMPLEMENTED))
    await (session if visit.number % 2 else other)(visit)


async def is_silent_at_first(visit: Visit) -> None:
    """Hangs on the first connection, and is well on all others."""
    if visit.number == 1:
        await visit.ignore()
    await session(visit)


# --- in place of a greeting --------------------------------------------------------------------------------------


async def waits_for_tls(visit: Visit) -> None:
    """TLS from the first byte, as on port 465: the server waits for a ClientHello."""
    await visit.secure()
    await session(visit)


async def waits_for_proxy_header(visit: Visit) -> None:
    """A server behind a balancer: silent until a PROXY header tells whose connection it is; other clients are cut."""
    if await visit.command() != "PROXY":
        await visit.hang_up()
    await session(visit)


async def waits_for_http_request(visit: Visit) -> None:
    """A web server: silent until the client speaks, and then not pleased."""
    await visit.receive_raw()
    await http(visit)


def _impatient(then: Behaviour) -> Behaviour:
    """The same, but it has just lost its patience with the first who connects."""

    async def answer(visit: Visit) -> None:
        if visit.number == 1:
            await visit.hang_up()
        await then(visit)

    return answer


waits_for_tls_no_longer = _impatient(waits_for_tls)
waits_for_proxy_header_no_longer = _impatient(waits_for_proxy_header)
waits_for_http_request_no_longer = _impatient(waits_for_http_request)


async def tells_another_time(visit: Visit) -> None:
    """A clock of half a year ago."""
    then = format_datetime(datetime.now(UTC) - timedelta(days=180))
    await session(visit, greet=says(f"220 {{host}} ESMTP lab ready at {then}"))


# --- from STARTTLS on --------------------------------------------------------------------------------------------


async def injects_plaintext(visit: Visit) -> None:
    """A line behind the 220, in the same packet, that a careless client would take for a reply inside TLS."""
    await visit.reply(READY, "250 injected")
    await visit.secure()


async def half_a_handshake(visit: Visit) -> None:
    """Ready for TLS; then the first half of what a server says first in a handshake."""
    from OpenSSL import SSL

    await visit.reply(READY)
    tls = await visit.begin_tls()
    while not (flight := visit.pending()):
        tls.bio_write(await visit.receive_raw())
        try:
            tls.do_handshake()
        except SSL.WantReadError:
            continue
        except SSL.Error as problem:
            raise ClientGoneError from problem
    await visit.send_raw(flight[: len(flight) // 2])


async def sends_its_ticket_early(visit: Visit) -> None:
    """TLS 1.3 as Go's crypto/tls has it: a session ticket in one flight with the server's Finished.

    OpenSSL sends its tickets behind the client's Finished. So a ticket is made here, with the keys that OpenSSL tells,
    and takes the place of OpenSSL's first one in the order of records. Of a server whose shape is ``early_ticket``.
    """
    from OpenSSL import SSL

    await visit.reply(READY)
    tls, secrets = await visit.begin_tls(), list[bytes]()
    tls.set_app_data(secrets)
    while True:
        try:
            tls.do_handshake()
            break
        except SSL.WantReadError:
            secret = next((line.split()[2] for line in secrets if line.startswith(b"SERVER_TRAFFIC_SECRET_0 ")), b"")
            secrets.clear()
            await visit.send_raw(visit.pending() + (_session_ticket(bytes.fromhex(secret.decode())) if secret else b""))
            tls.bio_write(await visit.receive_raw())
        except SSL.Error as problem:
            raise ClientGoneError from problem
    tickets = visit.pending()
    await visit.send_raw(tickets[5 + int.from_bytes(tickets[3:5]) :])
    visit.secured = True


def _session_ticket(secret: bytes) -> bytes:
    """A NewSessionTicket (RFC 8446 4.6.1) as the first record under this application traffic secret (7.3, 5.2)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    hash_, key_size = (hashes.SHA384(), 32) if len(secret) == 48 else (hashes.SHA256(), 16)

    def expand(label: bytes, size: int) -> bytes:
        label = b"tls13 " + label
        info = size.to_bytes(2) + bytes([len(label)]) + label + b"\0"
        return HKDFExpand(hash_, size, info).derive(secret)

    ticket = bytes(32)
    body = (7200).to_bytes(4) + bytes(4) + b"\1\0" + len(ticket).to_bytes(2) + ticket + bytes(2)
    message = b"\4" + len(body).to_bytes(3) + body + b"\x16"  # its type, and behind it that of the record's content
    head = b"\x17\3\3" + (len(message) + 16).to_bytes(2)
    return head + AESGCM(expand(b"key", key_size)).encrypt(expand(b"iv", 12), message, head)


async def says_goodbye_in_tls(visit: Visit) -> None:
    """close_notify, and the end."""
    visit.close_notify()
    await visit.send_raw(visit.pending())
    await hangs_up(visit)


def publishes(text: str) -> Behaviour:
    """A web server that gives ``text``, an MTA-STS policy, to whoever asks for whatever; "{domain}" is the policy's."""

    async def answer(visit: Visit) -> None:
        await visit.secure()
        while await visit.command() != "":
            pass
        policy = text.replace("{domain}", visit.host.removeprefix("mta-sts.")).splitlines()
        length = sum(len(line) + len("\r\n") for line in policy)
        head = ("HTTP/1.1 200 OK", "Content-Type: text/plain", f"Content-Length: {length}", "Connection: close", "")
        await visit.reply(*head, *policy)

    return answer
