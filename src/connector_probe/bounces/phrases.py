"""Exchange's own words, and what each says failed.

Exchange quotes itself as it quotes a server: ``responded with: "421 4.4.1 Connection timed out"`` are the sender's
words about its own socket. Each row knows the reply codes under which Exchange writes it; under any other code the same
words are a server's and prove nothing. Words are compared without blanks and case, since a paste may be wrapped
anywhere. What several failures write is read as the likeliest of them, with the others beside it; what is not known is
not guessed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from connector_probe.bounces.known_codes import Topic
from connector_probe.bounces.patterns import pattern
from connector_probe.model.verdict import Confidence, FailureClass


class Meaning(NamedTuple):
    """What words say failed.

    ``classes``: the failure that fits best, then those that write the same; with ``undecided`` none of them is more
    likely. ``topic``: what the catalogue says of it in words of their own, where no failure class says it.
    """

    classes: tuple[FailureClass, ...] = ()
    confidence: Confidence = Confidence.REPORTED
    topic: Topic | None = None
    undecided: bool = False


_F = FailureClass
_DOCUMENTED, _INFERRED = Confidence.DOCUMENTED, Confidence.INFERRED
_REFUSALS = (_F.BANNER_REJECTED, _F.EHLO_REJECTED, _F.SESSION_REJECTED, _F.STARTTLS_REJECTED)
_CUTS = (
    *(_F.EHLO_CLOSED, _F.EHLO_RESET, _F.BANNER_CLOSED, _F.BANNER_RESET),
    *(_F.STARTTLS_CLOSED, _F.STARTTLS_RESET, _F.SESSION_CLOSED, _F.SESSION_RESET, _F.RECIPIENT_CUT),
)
_LATE_CUTS = (_F.SESSION_RESET, _F.SESSION_CLOSED, _F.EHLO_RESET, _F.EHLO_CLOSED, _F.RECIPIENT_CUT)
_SILENCES = (_F.SESSION_TIMEOUT, _F.EHLO_TIMEOUT, _F.BANNER_TIMEOUT)
HANDSHAKES = (_F.TLS_RESET, _F.TLS_ALERT, _F.TLS_VERSION, _F.TLS_CIPHER)
UNTRUSTED = (_F.CERTIFICATE_UNTRUSTED_ROOT, _F.CERTIFICATE_MISSING_INTERMEDIATE, _F.CERTIFICATE_SELF_SIGNED)
_DNS_TROUBLE = (_F.DNS_SERVFAIL, _F.DNS_TIMEOUT, _F.DNS_REFUSED, _F.DNS_MALFORMED, _F.DNS_CNAME_LOOP)
UNCONNECTED = (_F.TCP_TIMEOUT, _F.TCP_REFUSED, _F.TCP_UNREACHABLE)
UNABLE_TO_CONNECT = Meaning(UNCONNECTED, _INFERRED, Topic.UNABLE_TO_CONNECT, undecided=True)
_MALFORMED = (_F.EHLO_MALFORMED, _F.BANNER_NOT_SMTP, _F.STARTTLS_MALFORMED, _F.SESSION_MALFORMED)

# Behind "TLS negotiation failed with error" and "Security status": what Windows' TLS called it. Any other is a TLS
# failure of a kind that is not known.
_TLS_ERRORS = {
    "connectionaborted": Meaning((_F.TLS_CLOSED, _F.TLS_RESET)),
    "socketerror": Meaning(HANDSHAKES),
    "illegalmessage": Meaning((_F.TLS_NOT_TLS, _F.TLS_PROTOCOL)),
    "invalidtoken": Meaning((_F.TLS_PROTOCOL, _F.TLS_NOT_TLS)),
    "algorithmmismatch": Meaning((_F.TLS_CIPHER, _F.TLS_VERSION), _INFERRED),
    "nocredentials": Meaning(topic=Topic.OWN_CERTIFICATE, confidence=_DOCUMENTED),
    "unknowncredentials": Meaning(topic=Topic.OWN_CERTIFICATE),
    "renegotiate": Meaning(topic=Topic.EARLY_SESSION_TICKET),
    "certexpired": Meaning((_F.CERTIFICATE_EXPIRED,), _INFERRED),
    "certificateexpired": Meaning((_F.CERTIFICATE_EXPIRED,), _INFERRED),
    "untrustedroot": Meaning(UNTRUSTED, _INFERRED),
}
_TLS_FAILED = Meaning((*HANDSHAKES, _F.TLS_CLOSED, _F.TLS_PROTOCOL, _F.TLS_NOT_TLS), _INFERRED, Topic.TLS_FAILED, True)
_TLS_ERROR = r"(?:TLS negotiation failed with error|Security status):?(?P<tls>[A-Za-z]+|(?:0x)?[0-9A-Fa-f]+)"
_VALIDATION = ("454 4.7.5", "450 4.7.5", "550 5.7.5")  # Exchange Server's, and that of MTA-STS
_SOCKET_CODES = ("421 4.2.1", "441 4.4.1", "421 4.4.1", "451 4.4.0")
_SOCKET_ERROR = r"(?:Socket|Winsock) error code:?(?:0x)?"
_BEFORE = ".{0,240}?"  # somewhere in a sentence


# The words, as a pattern; the reply and status codes that Exchange writes in front, of which none is needed; what they
# mean. The first match wins: the reason beside "Unable to connect" comes before the mere fact.
PHRASES: tuple[tuple[str, re.Pattern[str], tuple[str, ...], Meaning], ...] = tuple(
    (words.replace(" ", "").lower(), pattern(words.replace(" ", ""), re.IGNORECASE), codes, meaning)
    for words, codes, meaning in (
        (
            "STARTTLS is required to send",
            ("451 5.7.3",),
            # Of a server without STARTTLS and of one that does not trust the sender's certificate (Exchange Team blog).
            Meaning((_F.STARTTLS_NOT_OFFERED, _F.TLS_CLIENT_CERTIFICATE), _DOCUMENTED),
        ),
        ("Must issue a STARTTLS command", ("451 5.7.3", "530 5.7.0", "530"), Meaning(topic=Topic.TLS_DEMANDED)),
        ("Cannot achieve Exchange Server authentication", ("451 5.7.3",), Meaning(topic=Topic.EXCHANGE_AUTHENTICATION)),
        ("Temporary authentication failure", ("454 4.7.0",), Meaning(topic=Topic.EXCHANGE_AUTHENTICATION)),
        (
            "The admin has temporarily disallowed this secure domain",
            ("451 4.7.3",),
            Meaning(topic=Topic.SECURE_DOMAIN, confidence=_INFERRED),
        ),
        (
            "The certificate specified in TlsCertificateName of the SendConnector could not be found",
            ("454 4.7.5",),
            Meaning(topic=Topic.SEND_CONNECTOR_CERTIFICATE),
        ),
        (_BEFORE + _TLS_ERROR, ("451 4.4.0", "421 4.4.1", "421 4.4.2", "421 4.2.1"), _TLS_FAILED),
        ("Socket error SocketError", ("451 4.4.0",), Meaning((_F.EHLO_MALFORMED, _F.EHLO_CLOSED, _F.EHLO_RESET))),
        (
            f"[^0-9]*(?:{_SOCKET_ERROR}10061(?![0-9])|SocketConnectionRefused)",
            _SOCKET_CODES,
            Meaning((_F.TCP_REFUSED,), _DOCUMENTED),
        ),
        (f"[^0-9]*(?:{_SOCKET_ERROR}(?:10060|995)(?![0-9])|SocketTimedout)", _SOCKET_CODES, Meaning((_F.TCP_TIMEOUT,))),
        (
            f"[^0-9]*{_SOCKET_ERROR}(?:10050|10051|10065)(?![0-9])",
            _SOCKET_CODES,
            Meaning((_F.TCP_UNREACHABLE,), _INFERRED),
        ),
        ("(?:SMTPSEND[.])?SuspiciousRemoteServerError", ("451 4.4.0",), Meaning(_CUTS)),
        (
            "Connection dropped due to (?:timeout|timedout)",
            ("421 4.4.2",),
            Meaning(_SILENCES, _INFERRED, Topic.CONNECTION_DROPPED),
        ),
        ("Connection dropped", ("421 4.4.2",), Meaning(_LATE_CUTS, _INFERRED, Topic.CONNECTION_DROPPED)),
        ("Connection timed out", ("421 4.4.1", "441 4.4.1"), Meaning((_F.TCP_TIMEOUT, *_SILENCES), _INFERRED)),
        ("Unable to connect", ("421 4.2.1",), UNABLE_TO_CONNECT),
        ("Remote server response was not RFC conformant", ("421 4.4.0", "451 4.4.0"), Meaning(_MALFORMED)),
        # An attempt that only says of itself that it failed; the words behind say how.
        ("Proxy session setup failed on Frontend", ("450 4.7.0", "450 4.4.101"), Meaning(topic=Topic.ON_PREMISES)),
        (_BEFORE + "(?:CertificateExpired|CertExpired)", _VALIDATION, Meaning((_F.CERTIFICATE_EXPIRED,))),
        (_BEFORE + "SubjectMismatch", _VALIDATION, Meaning((_F.CERTIFICATE_NAME_MISMATCH,))),
        (_BEFORE + "UntrustedRoot", _VALIDATION, Meaning(UNTRUSTED, _DOCUMENTED)),
        (
            "(?:.{0,240}?certificate.{0,9}|.{0,240}?reason:?)?Revoked",
            _VALIDATION,
            Meaning((_F.CERTIFICATE_REVOKED,), _INFERRED),
        ),
        (_BEFORE + "InfoNoRecords", ("451 4.4.0",), Meaning((_F.DNS_NO_ADDRESS,))),
        (
            _BEFORE + "(?:InfoDomainNonexistent|NonExistentDomain|DNS domain.{1,300}does not exist)",
            ("451 4.4.0", "550 5.4.4", "554 5.4.4"),
            Meaning((_F.DNS_NXDOMAIN,)),
        ),
        (_BEFORE + "(?:ErrorRetry|ErrorTimeout|ServerFailure)", ("451 4.4.0",), Meaning(_DNS_TROUBLE)),
        (_BEFORE + "DNS[.]?MxLoopback", ("554 5.4.4", "550 5.4.4"), Meaning(topic=Topic.ROUTING_LOOP)),
    )
)
_CODE = pattern(
    r"(?P<reply>[45][0-9]{2})[\s-]\s?(?:(?P<status>[45]\.[0-9]{1,3}\.[0-9]{1,3})\s?)?|(?P<bare>[45]\.[0-9]{1,3}\.[0-9]{1,3})\s"
)


class Match(NamedTuple):
    """``start``: where the words begin, behind a code; ``length``: how many characters from there to the end of the

    phrase are no blanks.
    """

    meaning: Meaning
    start: int
    length: int


def own_words(words: str, code: str = "") -> Match | None:
    """The phrase of Exchange's that ``words`` begin with.

    ``code``: the reply and status code in front, as "451 4.4.0", "4.4.0" or ""; or they stand in ``words``. Words
    under a code that Exchange does not write them under are a server's.
    """
    given = words.lstrip()
    if not code and (found := _CODE.match(given)) is not None:
        code = f"{found['reply'] or ''} {found['status'] or found['bare'] or ''}".strip()
        given = given[found.end() :]
    squeezed = "".join(given[:1_500].split())
    lower = squeezed.lower()
    for plain, phrase, codes, meaning in PHRASES:
        if plain.isalpha() and not lower.startswith(plain):  # most are no pattern at all
            continue
        if meaning is _TLS_FAILED and not ("negotiation" in lower or "securitystatus" in lower):
            continue
        match = phrase.match(squeezed)
        if match is not None and (not code or any(code in (one, one[4:]) for one in codes)):
            if meaning is _TLS_FAILED:  # the word may run into the next one, since blanks do not count
                word = match["tls"].lower()
                meaning = next((told for known, told in _TLS_ERRORS.items() if word.startswith(known)), meaning)
            return Match(meaning, len(words) - len(given), match.end())
    return None


def of_server_reply(words: str) -> Meaning | None:
    """What a reply in a [Message=...] of Exchange Online's says: the server turned the session away, at some stage."""
    found = _CODE.match(words)
    if found is None or found["reply"] is None:
        bare = re.match(r"[45][0-9]{2}\Z", words)
        return Meaning(_REFUSALS) if bare is not None else None
    # The server could not accept Exchange Online's own certificate, which only the real sender can present.
    if (found["reply"], found["status"]) == ("454", "4.7.5"):
        return Meaning((_F.TLS_CLIENT_CERTIFICATE, _F.STARTTLS_REJECTED))
    if found["reply"] == "454" and re.search(r"\bTLS\b", words[:200]):
        return Meaning((_F.STARTTLS_REJECTED,), _INFERRED)
    return Meaning(_REFUSALS, _DOCUMENTED if found["reply"] == "421" else Confidence.REPORTED)


# What the code alone says, when it stands without any message.
BY_CODE = {
    "4.4.315": Meaning((_F.TCP_TIMEOUT,), _DOCUMENTED),
    "4.4.316": Meaning((_F.TCP_REFUSED,), _DOCUMENTED),
    "5.4.310": Meaning((_F.DNS_NXDOMAIN,)),
    "5.6.7": Meaning((_F.DNS_NXDOMAIN,)),
}
