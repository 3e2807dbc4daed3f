"""It fails from STARTTLS on: its reply, the handshake, the session inside TLS."""

from __future__ import annotations

from connector_probe.lab import tls_behaviours as tls
from connector_probe.lab.authority import TlsShape
from connector_probe.lab.scenario import Scenario, Server, failing, unknown
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

CHACHA = TlsShape(minimum=0x0303, maximum=0x0303, ciphers="ECDHE-RSA-CHACHA20-POLY1305")
DHE = TlsShape(minimum=0x0303, maximum=0x0303, ciphers="DHE-RSA-AES256-GCM-SHA384")


def _speaks(shape: TlsShape) -> tuple[Server, ...]:
    return (Server(tls=shape),)


STARTTLS: tuple[Scenario, ...] = (
    failing("starttls-454", "454 TLS not available", F.STARTTLS_REJECTED, tls.has_no_tls_today),
    failing("starttls-milter", "454 4.3.0, for a dead milter's sake", F.STARTTLS_REJECTED, tls.has_a_dead_milter),
    failing("starttls-554", "554 to STARTTLS", F.STARTTLS_REJECTED, tls.rejects_starttls),
    failing("starttls-overwritten", "X's in place of STARTTLS", F.STARTTLS_REJECTED, tls.gets_starttls_overwritten),
    failing("starttls-421", "421 to STARTTLS, and the end", F.STARTTLS_REJECTED, tls.busy_on_starttls),
    failing("starttls-silent", "no answer to STARTTLS", F.STARTTLS_TIMEOUT, tls.ignores_starttls, waits=True),
    failing("starttls-closed", "hangs up on STARTTLS", F.STARTTLS_CLOSED, tls.hangs_up_on_starttls),
    failing("starttls-reset", "resets on STARTTLS", F.STARTTLS_RESET, tls.resets_on_starttls),
    failing(
        "starttls-nonsense",
        "an answer to STARTTLS that is no reply",
        F.STARTTLS_MALFORMED,
        tls.answers_starttls_with_nonsense,
    ),
)

HANDSHAKE: tuple[Scenario, ...] = (
    failing("tls-silent", "220, then no ServerHello", F.TLS_TIMEOUT, tls.stalls_handshake, waits=True),
    failing("tls-stalled", "half a ServerHello, then nothing", F.TLS_TIMEOUT, tls.stalls_within_handshake, waits=True),
    failing("tls-closed", "hangs up on the ClientHello", F.TLS_CLOSED, tls.hangs_up_on_client_hello),
    failing("tls-closed-at-once", "220, and at once the end", F.TLS_CLOSED, tls.hangs_up_after_ready),
    failing("tls-cut", "hangs up in the middle of the handshake", F.TLS_CLOSED, tls.hangs_up_within_handshake),
    failing("tls-reset", "resets on the ClientHello", F.TLS_RESET, tls.resets_on_client_hello),
    failing(
        "masked-tls-reset",
        "a firewall masks the banner with asterisks, and the handshake is reset",
        F.TLS_RESET,
        tls.is_masked_and_resets,
        expect_causes={"tls-broken-on-the-way": CauseVerdict.SUPPORTED},
    ),
    failing("tls-cut-reset", "resets in the middle of the handshake", F.TLS_RESET, tls.resets_within_handshake),
    failing("tls-alert", "the alert handshake_failure", F.TLS_ALERT, tls.sends_handshake_failure),
    failing("tls-alert-early", "220 and the alert in one piece", F.TLS_ALERT, tls.alerts_at_once),
    failing("tls-refused-in-plaintext", "220, then 454 and the end", F.TLS_NOT_TLS, tls.answers_starttls_twice),
    failing("tls-alert-internal", "the alert internal_error", F.TLS_ALERT, tls.sends_internal_error),
    failing("tls-plaintext", "500 in plaintext, no ServerHello", F.TLS_NOT_TLS, tls.answers_hello_in_plaintext),
    failing("tls-garbage", "bytes that are no TLS record", F.TLS_NOT_TLS, tls.answers_hello_with_garbage),
    failing("tls-broken-record", "a ServerHello that does not hold together", F.TLS_PROTOCOL, tls.sends_broken_record),
    failing("tls-flood", "a ServerHello of 16 MiB", F.TLS_PROTOCOL, tls.floods_handshake),
    failing("tls10", "TLS 1.0 at most", F.TLS_VERSION, servers=_speaks(TlsShape(maximum=0x0301))),
    failing("tls11", "TLS 1.1 at most", F.TLS_VERSION, servers=_speaks(TlsShape(maximum=0x0302))),
    failing("tls-cipher", "TLS 1.2 with ChaCha20 alone", F.TLS_CIPHER, servers=_speaks(CHACHA)),
    failing("tls-cipher-dhe", "TLS 1.2 with finite-field Diffie-Hellman alone", F.TLS_CIPHER, servers=_speaks(DHE)),
    unknown(
        "client-certificate-tls12",
        "demands a client certificate, TLS 1.2",
        F.TLS_CLIENT_CERTIFICATE,
        servers=_speaks(TlsShape(maximum=0x0303, client_certificate=True)),
    ),
    unknown(
        "client-certificate-tls13",
        "demands a client certificate, TLS 1.3: told after our side is done",
        F.TLS_CLIENT_CERTIFICATE,
        servers=_speaks(TlsShape(minimum=0x0304, client_certificate=True)),
    ),
)

SESSION: tuple[Scenario, ...] = (
    failing("session-silent", "no answer to EHLO inside TLS", F.SESSION_TIMEOUT, tls.ignores_ehlo_inside, waits=True),
    failing("session-closed", "hangs up on EHLO inside TLS", F.SESSION_CLOSED, tls.hangs_up_on_ehlo_inside),
    failing("handshake-then-closed", "hangs up after the handshake", F.SESSION_CLOSED, tls.hangs_up_after_handshake),
    failing("session-reset", "resets on EHLO inside TLS", F.SESSION_RESET, tls.resets_on_ehlo_inside),
    failing("handshake-then-reset", "resets after the handshake", F.SESSION_RESET, tls.resets_after_handshake),
    failing("session-550", "refuses EHLO inside TLS", F.SESSION_REJECTED, tls.rejects_ehlo_inside),
    failing("session-421", "421 to EHLO inside TLS", F.SESSION_REJECTED, tls.busy_inside),
    failing(
        "session-nonsense",
        "an answer inside TLS that is no reply",
        F.SESSION_MALFORMED,
        tls.answers_ehlo_inside_with_nonsense,
    ),
)
