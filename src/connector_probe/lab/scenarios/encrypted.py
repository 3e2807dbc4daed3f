"""It fails from STARTTLS on: its reply, the handshake, the session inside TLS."""

from __future__ import annotations

from connector_probe.lab import behaviours as lab
from connector_probe.lab.authority import TlsShape
from connector_probe.lab.scenario import Scenario, failing, unknown
from connector_probe.lab.session import (
    READY,
    hangs_up,
    in_turn,
    repeats,
    resets,
    says,
    says_and_hangs_up,
    speaks,
    starts_tls,
    stays_silent,
    writes,
    writes_and_hangs_up,
)
from connector_probe.lab.smtp import Behaviour
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

CHACHA = TlsShape(minimum=0x0303, maximum=0x0303, ciphers="ECDHE-RSA-CHACHA20-POLY1305")
DHE = TlsShape(minimum=0x0303, maximum=0x0303, ciphers="DHE-RSA-AES256-GCM-SHA384")


NO_TLS_TODAY = "454 4.7.0 TLS not available due to temporary reason"
RECORD = b"\x16\x03\x03\x40\x00"  # of a handshake, as long as one may be
LONG_HELLO = RECORD + b"\x02\xff\xff\xff" + bytes(0x4000 - 4)  # a ServerHello that claims 16 MiB
# A record as it should be around a ServerHello that breaks off.
BROKEN_HELLO = bytes.fromhex("1603030014 0200001003 03") + bytes(14)


def _answers(reply: str, then: Behaviour | None = None) -> Behaviour:
    """``reply`` to STARTTLS."""
    return speaks(STARTTLS=says(reply) if then is None else in_turn(says(reply), then))


def _inside(answer: Behaviour) -> Behaviour:
    """``answer`` to EHLO inside TLS."""
    return speaks(inside={"EHLO": answer, "HELO": answer})


STARTTLS: tuple[Scenario, ...] = (
    failing("starttls-454", "454 TLS not available", F.STARTTLS_REJECTED, _answers(NO_TLS_TODAY)),
    failing(
        "starttls-milter",
        "454 4.3.0, for a dead milter's sake",
        F.STARTTLS_REJECTED,
        _answers("454 4.3.0 Try again later"),
    ),
    failing(
        "starttls-554",
        "554 to STARTTLS",
        F.STARTTLS_REJECTED,
        _answers("554 5.7.3 Unable to initialize security subsystem"),
    ),
    failing(
        "starttls-overwritten",
        "X's in place of STARTTLS",
        F.STARTTLS_REJECTED,
        _answers('500 5.5.1 Command unrecognized: "XXXXXXXX"'),
    ),
    failing(
        "starttls-421",
        "421 to STARTTLS, and the end",
        F.STARTTLS_REJECTED,
        _answers("421 4.7.0 Try again later, closing connection", then=hangs_up),
    ),
    failing("starttls-silent", "no answer to STARTTLS", F.STARTTLS_TIMEOUT, speaks(STARTTLS=stays_silent)),
    failing("starttls-closed", "hangs up on STARTTLS", F.STARTTLS_CLOSED, speaks(STARTTLS=hangs_up)),
    failing("starttls-reset", "resets on STARTTLS", F.STARTTLS_RESET, speaks(STARTTLS=resets)),
    failing(
        "starttls-nonsense",
        "an answer to STARTTLS that is no reply",
        F.STARTTLS_MALFORMED,
        _answers("Go ahead, make my day."),
    ),
)

HANDSHAKE: tuple[Scenario, ...] = (
    failing("tls-silent", "220, then no ServerHello", F.TLS_TIMEOUT, lab.after_client_hello(stays_silent)),
    failing("tls-stalled", "half a ServerHello, then nothing", F.TLS_TIMEOUT, lab.within_handshake(stays_silent)),
    failing("tls-closed", "hangs up on the ClientHello", F.TLS_CLOSED, lab.after_client_hello(hangs_up)),
    failing("tls-closed-at-once", "220, and at once the end", F.TLS_CLOSED, _answers(READY, then=hangs_up)),
    failing("tls-cut", "hangs up in the middle of the handshake", F.TLS_CLOSED, lab.within_handshake(hangs_up)),
    failing("tls-reset", "resets on the ClientHello", F.TLS_RESET, lab.after_client_hello(resets)),
    failing(
        "masked-tls-reset",
        "a firewall masks the banner with asterisks, and the handshake is reset",
        F.TLS_RESET,
        lab.after_client_hello(resets, lab.masked),
        expect_causes={"tls-broken-on-the-way": CauseVerdict.SUPPORTED},
    ),
    failing("tls-cut-reset", "resets in the middle of the handshake", F.TLS_RESET, lab.within_handshake(resets)),
    failing("tls-alert", "the alert handshake_failure", F.TLS_ALERT, lab.after_client_hello(lab.alert(40))),
    failing(
        "tls-alert-early",
        "220 and the alert in one piece",
        F.TLS_ALERT,
        speaks(STARTTLS=writes_and_hangs_up(b"220 go ahead\r\n" + bytes([21, 3, 3, 0, 2, 2, 40]))),
    ),
    failing(
        "tls-refused-in-plaintext",
        "220, then 454 and the end",
        F.TLS_NOT_TLS,
        _answers("220 go ahead\r\n454 4.7.0 TLS not available", then=hangs_up),
    ),
    failing("tls-alert-internal", "the alert internal_error", F.TLS_ALERT, lab.after_client_hello(lab.alert(80))),
    failing(
        "tls-plaintext",
        "500 in plaintext, no ServerHello",
        F.TLS_NOT_TLS,
        lab.after_client_hello(says_and_hangs_up("500 5.5.1 Internal error")),
    ),
    failing(
        "tls-garbage",
        "bytes that are no TLS record",
        F.TLS_NOT_TLS,
        lab.after_client_hello(writes(bytes(range(0x80, 0x100)))),
    ),
    failing(
        "tls-broken-record",
        "a ServerHello that does not hold together",
        F.TLS_PROTOCOL,
        lab.after_client_hello(writes_and_hangs_up(BROKEN_HELLO)),
    ),
    failing(
        "tls-flood",
        "a ServerHello of 16 MiB",
        F.TLS_PROTOCOL,
        lab.after_client_hello(repeats(RECORD + bytes(0x4000), first=LONG_HELLO)),
    ),
    failing("tls10", "TLS 1.0 at most", F.TLS_VERSION, tls_shape=TlsShape(maximum=0x0301)),
    failing("tls11", "TLS 1.1 at most", F.TLS_VERSION, tls_shape=TlsShape(maximum=0x0302)),
    failing("tls-cipher", "TLS 1.2 with ChaCha20 alone", F.TLS_CIPHER, tls_shape=CHACHA),
    failing("tls-cipher-dhe", "TLS 1.2 with finite-field Diffie-Hellman alone", F.TLS_CIPHER, tls_shape=DHE),
    unknown(
        "client-certificate-tls12",
        "demands a client certificate, TLS 1.2",
        F.TLS_CLIENT_CERTIFICATE,
        tls_shape=TlsShape(maximum=0x0303, client_certificate=True),
    ),
    unknown(
        "client-certificate-tls13",
        "demands a client certificate, TLS 1.3: told after our side is done",
        F.TLS_CLIENT_CERTIFICATE,
        tls_shape=TlsShape(minimum=0x0304, client_certificate=True),
    ),
)

SESSION: tuple[Scenario, ...] = (
    failing("session-silent", "no answer to EHLO inside TLS", F.SESSION_TIMEOUT, _inside(stays_silent)),
    failing("session-closed", "hangs up on EHLO inside TLS", F.SESSION_CLOSED, _inside(lab.says_goodbye_in_tls)),
    failing(
        "handshake-then-closed",
        "hangs up after the handshake",
        F.SESSION_CLOSED,
        speaks(STARTTLS=in_turn(starts_tls, hangs_up)),
    ),
    failing("session-reset", "resets on EHLO inside TLS", F.SESSION_RESET, _inside(resets)),
    failing(
        "handshake-then-reset",
        "resets after the handshake",
        F.SESSION_RESET,
        speaks(STARTTLS=in_turn(starts_tls, resets)),
    ),
    failing("session-550", "refuses EHLO inside TLS", F.SESSION_REJECTED, _inside(says("550 5.7.1 Not from you"))),
    failing("session-421", "421 to EHLO inside TLS", F.SESSION_REJECTED, _inside(lab.busy)),
    failing(
        "session-nonsense",
        "an answer inside TLS that is no reply",
        F.SESSION_MALFORMED,
        _inside(says("Hello yourself, nice to meet you.")),
    ),
)
