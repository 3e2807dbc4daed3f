"""What the [Message=...] of a bounce says failed.

By layer, never by a word alone: "550 Connection refused" is what a server said in its banner, "Socket error code
10061" what the sender's own socket met. What several failures can write is read as the likeliest of them, with the
others beside it; what is not known is not guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector_probe.model.verdict import Confidence, FailureClass


@dataclass(frozen=True, slots=True)
class Reading:
    """``classes``: the one that fits best, then those that write the same; empty where it could be anything."""

    classes: tuple[FailureClass, ...]
    confidence: Confidence = Confidence.REPORTED


_F = FailureClass
_DOCUMENTED, _INFERRED = Confidence.DOCUMENTED, Confidence.INFERRED
_REFUSALS = (_F.BANNER_REJECTED, _F.EHLO_REJECTED, _F.SESSION_REJECTED, _F.STARTTLS_REJECTED)
_CUTS = (
    *(_F.EHLO_CLOSED, _F.EHLO_RESET, _F.BANNER_CLOSED, _F.BANNER_RESET),
    *(_F.STARTTLS_CLOSED, _F.STARTTLS_RESET, _F.SESSION_CLOSED, _F.SESSION_RESET, _F.RECIPIENT_CUT),
)
_LATE_CUTS = (_F.SESSION_RESET, _F.SESSION_CLOSED, _F.EHLO_RESET, _F.EHLO_CLOSED, _F.RECIPIENT_CUT)
_SILENCES = (_F.SESSION_TIMEOUT, _F.EHLO_TIMEOUT, _F.BANNER_TIMEOUT)
_HANDSHAKES = (_F.TLS_RESET, _F.TLS_ALERT, _F.TLS_VERSION, _F.TLS_CIPHER)
_UNTRUSTED = (_F.CERTIFICATE_UNTRUSTED_ROOT, _F.CERTIFICATE_MISSING_INTERMEDIATE, _F.CERTIFICATE_SELF_SIGNED)
_DNS_TROUBLE = (_F.DNS_SERVFAIL, _F.DNS_TIMEOUT, _F.DNS_REFUSED, _F.DNS_MALFORMED, _F.DNS_CNAME_LOOP)
# An error of the sender's own socket; behind an SMTP reply code it would be the server's words and prove nothing.
_SOCKET = r"(?:421[ -]4\.2\.1 Unable to connect)?[^0-9]*"
_NUMBER = r"(?:Socket|Winsock) error code:?\s?"

# The first match wins. What the sender itself says comes first, then any other reply, which is the server's.
READINGS: tuple[tuple[re.Pattern[str], Reading], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), read)
    for pattern, read in (
        (r"(?:451[ -]5\.7\.3 )?STARTTLS is required to send", Reading((_F.STARTTLS_NOT_OFFERED,), _DOCUMENTED)),
        (
            r"(?:451[ -]4\.4\.0 )?TLS negotiation failed with error ConnectionAborted",
            Reading((_F.TLS_CLOSED, _F.TLS_RESET)),
        ),
        (r"(?:451[ -]4\.4\.0 )?TLS negotiation failed with error SocketError", Reading(_HANDSHAKES)),
        (
            r"(?:451[ -]4\.4\.0 )?(?:TLS negotiation failed with error|Security status) IllegalMessage",
            Reading((_F.TLS_NOT_TLS, _F.TLS_PROTOCOL)),
        ),
        (
            r"(?:451[ -]4\.4\.0 )?(?:TLS negotiation failed with error|Security status) InvalidToken",
            Reading((_F.TLS_PROTOCOL, _F.TLS_NOT_TLS)),
        ),
        (
            r"(?:451[ -]4\.4\.0 )?Socket error SocketError",
            Reading((_F.EHLO_MALFORMED, _F.EHLO_CLOSED, _F.EHLO_RESET)),
        ),
        (rf"{_SOCKET}(?:{_NUMBER}10061\b|SocketConnectionRefused)", Reading((_F.TCP_REFUSED,), _DOCUMENTED)),
        (rf"{_SOCKET}{_NUMBER}995\b", Reading((_F.TCP_TIMEOUT,))),
        (rf"{_SOCKET}(?:{_NUMBER}10060\b|SocketTimedout)", Reading((_F.TCP_TIMEOUT,))),
        (rf"{_SOCKET}{_NUMBER}(?:10050|10051|10065)\b", Reading((_F.TCP_UNREACHABLE,), _INFERRED)),
        (r"(?:SMTPSEND\.)?SuspiciousRemoteServerError\b", Reading(_CUTS)),
        (r"421[ -]4\.4\.2 Connection dropped due to (?:timeout|timedout)", Reading(_SILENCES, _INFERRED)),
        (r"421[ -]4\.4\.2 Connection dropped", Reading(_LATE_CUTS, _INFERRED)),
        (r"(?:451[ -]4\.4\.0|421[ -]4\.2\.1)\b", Reading(())),
        # The server could not accept Exchange Online's own certificate, which only the real sender can present.
        (r"454[ -]4\.7\.5\b", Reading((_F.TLS_CLIENT_CERTIFICATE, _F.STARTTLS_REJECTED))),
        (r"454\b.{0,200}\bTLS\b", Reading((_F.STARTTLS_REJECTED,), _INFERRED)),
        (r"421\b", Reading(_REFUSALS, _DOCUMENTED)),
        (r"[45][0-9]{2}(?:[ -]|\Z)", Reading(_REFUSALS)),
        (r"(?:.{0,200}\W)?CertificateExpired\b", Reading((_F.CERTIFICATE_EXPIRED,))),
        (r"(?:.{0,200}\W)?SubjectMismatch\b", Reading((_F.CERTIFICATE_NAME_MISMATCH,))),
        (r"(?:.{0,200}\W)?UntrustedRoot\b", Reading(_UNTRUSTED, _DOCUMENTED)),
        (r"(?:.{0,200}\W)?(?:Certificate)?Revoked\b", Reading((_F.CERTIFICATE_REVOKED,), _INFERRED)),
        (r"(?:.{0,200}\W)?InfoNoRecords\b", Reading((_F.DNS_NO_ADDRESS,))),
        (r"(?:.{0,200}\W)?ErrorRetry\b", Reading(_DNS_TROUBLE)),
        (
            r"(?:.{0,200}\W)?(?:InfoDomainNonexistent|NonExistentDomain)\b|DNS domain .{1,300} does not exist",
            Reading((_F.DNS_NXDOMAIN,)),
        ),
    )
)
# What the code alone says, when it stands without any message.
_BY_CODE = {
    "4.4.315": Reading((_F.TCP_TIMEOUT,), _DOCUMENTED),
    "4.4.316": Reading((_F.TCP_REFUSED,), _DOCUMENTED),
    "5.4.310": Reading((_F.DNS_NXDOMAIN,)),
    "5.6.7": Reading((_F.DNS_NXDOMAIN,)),
}
# A reply that the server gave can stand under these; under the others it would contradict the code.
_QUOTES_THE_SERVER = frozenset({"4.4.317", "4.4.395", "4.4.397", "4.4.0", ""})


def reading(code: str, message: str | None) -> Reading | None:
    """What ``message`` under ``code`` says failed; None where that is not known. ``code`` "" stands for any."""
    if message is None:
        return _BY_CODE.get(code)
    found = next((read for pattern, read in READINGS if pattern.match(message)), None)
    if found is None or (found.classes[:1] == _REFUSALS[:1] and code not in _QUOTES_THE_SERVER):
        return None
    return found if found.classes else None
