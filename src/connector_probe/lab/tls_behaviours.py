"""Servers as seen from STARTTLS on: its reply, the handshake, and the EHLO inside TLS."""

from __future__ import annotations

from connector_probe.lab.session import (
    hangs_up,
    resets,
    says,
    says_and_hangs_up,
    session,
    stays_silent,
    writes,
)
from connector_probe.lab.smtp import Behaviour, ClientGoneError, Visit

READY = "220 2.0.0 Ready to start TLS"

# --- the reply to STARTTLS ---------------------------------------------------------------------------------------


async def has_no_tls_today(visit: Visit) -> None:
    await session(visit, STARTTLS=says("454 4.7.0 TLS not available due to temporary reason"))


async def has_a_dead_milter(visit: Visit) -> None:
    """Postfix with smtpd_milters that do not answer, and milter_default_action = tempfail."""
    await session(visit, STARTTLS=says("454 4.3.0 Try again later"))


async def rejects_starttls(visit: Visit) -> None:
    await session(visit, STARTTLS=says("554 5.7.3 Unable to initialize security subsystem"))


async def ignores_starttls(visit: Visit) -> None:
    await session(visit, STARTTLS=stays_silent)


async def hangs_up_on_starttls(visit: Visit) -> None:
    await session(visit, STARTTLS=hangs_up)


async def resets_on_starttls(visit: Visit) -> None:
    await session(visit, STARTTLS=resets)


async def answers_starttls_with_nonsense(visit: Visit) -> None:
    await session(visit, STARTTLS=says("Go ahead, make my day."))


async def gets_starttls_overwritten(visit: Visit) -> None:
    """Cisco PIX and ASA: what they do not know reaches the server as X's."""
    await session(visit, STARTTLS=says('500 5.5.1 Command unrecognized: "XXXXXXXX"'))


async def busy_on_starttls(visit: Visit) -> None:
    await session(visit, STARTTLS=says_and_hangs_up("421 4.7.0 Try again later, closing connection"))


async def alerts_at_once(visit: Visit) -> None:
    """Gives up before it has read a ClientHello, so that 220 and alert can come in one piece."""

    async def answer(visit: Visit) -> None:
        await visit.send(b"220 go ahead\r\n" + bytes([21, 3, 3, 0, 2, 2, 40]))  # fatal: handshake_failure
        await visit.hang_up()

    await session(visit, STARTTLS=answer)


async def answers_starttls_twice(visit: Visit) -> None:
    """A 220, and in the same piece the refusal that it means."""
    await session(visit, STARTTLS=says_and_hangs_up("220 go ahead\r\n454 4.7.0 TLS not available"))


async def injects_plaintext(visit: Visit) -> None:
    """A line behind the 220, in the same packet, that a careless client would take for a reply inside TLS."""

    async def inject(visit: Visit) -> None:
        await visit.reply(READY, "250 injected")
        await visit.secure()

    await session(visit, STARTTLS=inject)


# --- the handshake -----------------------------------------------------------------------------------------------


def _after_client_hello(ending: Behaviour) -> Behaviour:
    """Ready for TLS; then ``ending`` instead of a ServerHello."""

    async def answer(visit: Visit) -> None:
        await visit.reply(READY)
        await visit.receive_raw()
        await ending(visit)

    return answer


async def stalls_handshake(visit: Visit) -> None:
    await session(visit, STARTTLS=_after_client_hello(stays_silent))


async def hangs_up_on_client_hello(visit: Visit) -> None:
    await session(visit, STARTTLS=_after_client_hello(hangs_up))


async def resets_on_client_hello(visit: Visit) -> None:
    await session(visit, STARTTLS=_after_client_hello(resets))


async def is_masked_and_resets(visit: Visit) -> None:
    """A firewall that inspects SMTP, and cannot inspect TLS."""
    await session(visit, greet=says("220 " + "*" * 60), STARTTLS=_after_client_hello(resets))


async def hangs_up_after_ready(visit: Visit) -> None:
    """220, and at once the end."""
    await session(visit, STARTTLS=says_and_hangs_up(READY))


async def _half_a_flight(visit: Visit) -> None:
    """The first half of what a server says first in a handshake."""
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


def _within_flight(ending: Behaviour) -> Behaviour:
    async def answer(visit: Visit) -> None:
        await _half_a_flight(visit)
        await ending(visit)

    return answer


async def hangs_up_within_handshake(visit: Visit) -> None:
    await session(visit, STARTTLS=_within_flight(hangs_up))


async def resets_within_handshake(visit: Visit) -> None:
    await session(visit, STARTTLS=_within_flight(resets))


async def stalls_within_handshake(visit: Visit) -> None:
    await session(visit, STARTTLS=_within_flight(stays_silent))


async def answers_hello_in_plaintext(visit: Visit) -> None:
    """Says 220, but its TLS library fails: an SMTP error comes where a ServerHello should."""
    await session(visit, STARTTLS=_after_client_hello(says_and_hangs_up("500 5.5.1 Internal error")))


async def answers_hello_with_garbage(visit: Visit) -> None:
    """Bytes that are no TLS record."""
    await session(visit, STARTTLS=_after_client_hello(writes(bytes(range(0x80, 0x100)))))


def _alert(description: int) -> bytes:
    """A fatal alert in a record (RFC 5246 7.2)."""
    return bytes([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, description])


async def sends_handshake_failure(visit: Visit) -> None:
    await session(visit, STARTTLS=_after_client_hello(_writes_and_hangs_up(_alert(40))))


async def sends_internal_error(visit: Visit) -> None:
    await session(visit, STARTTLS=_after_client_hello(_writes_and_hangs_up(_alert(80))))


async def sends_broken_record(visit: Visit) -> None:
    """A record as it should be around a ServerHello that breaks off."""
    hello = bytes.fromhex("02000010") + b"\x03\x03" + bytes(14)
    record = b"\x16\x03\x03" + len(hello).to_bytes(2, "big") + hello
    await session(visit, STARTTLS=_after_client_hello(_writes_and_hangs_up(record)))


async def floods_handshake(visit: Visit) -> None:
    """A ServerHello that claims 16 MiB, and keeps coming."""

    async def flood(visit: Visit) -> None:
        record = b"\x16\x03\x03\x40\x00"
        await visit.send_raw(record + b"\x02\xff\xff\xff" + bytes(0x4000 - 4))
        while True:
            await visit.send_raw(record + bytes(0x4000))

    await session(visit, STARTTLS=_after_client_hello(flood))


def _writes_and_hangs_up(data: bytes) -> Behaviour:
    async def answer(visit: Visit) -> None:
        await visit.send_raw(data)
        await visit.hang_up()

    return answer


# --- inside TLS --------------------------------------------------------------------------------------------------


async def resets_after_handshake(visit: Visit) -> None:
    """RST as soon as the handshake is through."""

    async def secure_and_reset(visit: Visit) -> None:
        await visit.reply(READY)
        await visit.secure()
        visit.reset()

    await session(visit, STARTTLS=secure_and_reset)


async def hangs_up_after_handshake(visit: Visit) -> None:
    """FIN as soon as the handshake is through, without TLS's goodbye."""

    async def secure_and_hang_up(visit: Visit) -> None:
        await visit.reply(READY)
        await visit.secure()
        await visit.hang_up()

    await session(visit, STARTTLS=secure_and_hang_up)


async def resets_on_ehlo_inside(visit: Visit) -> None:
    await session(visit, inside={"EHLO": resets})


async def hangs_up_on_ehlo_inside(visit: Visit) -> None:
    """With TLS's goodbye first."""

    async def leave(visit: Visit) -> None:
        visit.close_notify()
        await visit.send_raw(visit.pending())
        await visit.hang_up()

    await session(visit, inside={"EHLO": leave})


async def ignores_ehlo_inside(visit: Visit) -> None:
    await session(visit, inside={"EHLO": stays_silent})


async def rejects_ehlo_inside(visit: Visit) -> None:
    refusal = says("550 5.7.1 Not from you")
    await session(visit, inside={"EHLO": refusal, "HELO": refusal})


async def busy_inside(visit: Visit) -> None:
    await session(visit, inside={"EHLO": says_and_hangs_up("421 4.3.2 Service not available")})


async def answers_ehlo_inside_with_nonsense(visit: Visit) -> None:
    await session(visit, inside={"EHLO": says("Hello yourself, nice to meet you.")})
