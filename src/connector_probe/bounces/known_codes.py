"""Which status codes are known, and of each: what the catalogue calls it, which way the mail went, whose it is to mend.

Sources: Microsoft, "Mail flow intelligence in EOP" and the table of NDR codes of Exchange Online; RFC 3463, RFC 7372;
Exchange Team blog on outdated servers (4.7.230). Codes that other mail systems write as well: bounces.other_systems.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple

from connector_probe.bounces.patterns import pattern
from connector_probe.model.verdict import INTELLIGENCE_CODES, Confidence, Culprit

REFERENCE = "https://learn.microsoft.com/defender-office-365/connectors-mail-flow-intelligence"
_NDR = "https://learn.microsoft.com/troubleshoot/exchange/email-delivery/ndr/"
_TABLE = f"{_NDR}non-delivery-reports-in-exchange-online"
_DANE = "https://learn.microsoft.com/purview/how-smtp-dane-works"
_MTA_STS = "https://learn.microsoft.com/purview/enhancing-mail-flow-with-mta-sts"
_SERVER = (
    "https://learn.microsoft.com/exchange/mail-flow/non-delivery-reports-and-bounce-messages/"
    "non-delivery-reports-and-bounce-messages"
)
_BLOG = "https://techcommunity.microsoft.com/blog/exchange/"
_PROTOCOL_LOG = "https://learn.microsoft.com/exchange/mail-flow/connectors/protocol-logging"
_TENANT = f"{_NDR}fix-error-code-5-7-700-through-5-7-750"


class Direction(StrEnum):
    """Which way the mail went."""

    FROM_EXCHANGE_ONLINE = "from-exchange-online"
    TO_EXCHANGE_ONLINE = "to-exchange-online"
    FROM_EXCHANGE_SERVER = "from-exchange-server"


class Topic(StrEnum):
    """What the catalogue has a title and a meaning for, and for most what to do."""

    DNS_QUERY_FAILED = "4.4.312"
    CONNECTION_TIMED_OUT = "4.4.315"
    CONNECTION_REFUSED = "4.4.316"
    CANNOT_CONNECT = "4.4.317"
    CLOSED_ABRUPTLY = "4.4.318"
    CERTIFICATE_VALIDATION_FAILED = "4.7.320"
    DANE_STARTTLS = "4.7.321"
    DANE_EXPIRED = "4.7.322"
    DANE_TLSA = "4.7.323"
    DANE_DNSSEC = "4.7.324"
    DANE_NAME = "4.7.325"
    MTA_STS_HOSTS = "mta-sts-hosts"
    MTA_STS_CERTIFICATE = "certificate-policy"
    # that the time was up, or that something failed, and not what
    QUEUE_EXPIRED = "queue-expired"
    MESSAGE_EXPIRED = "message-expired"
    EXPIRED_ELSEWHERE = "expired-elsewhere"
    OLDER_EXCHANGE = "older-exchange"
    ON_PREMISES = "on-premises"
    NO_ANSWER = "no-answer"
    UNABLE_TO_CONNECT = "unable-to-connect"
    CONNECTION_DROPPED = "connection-dropped"
    QUOTED_REPLY = "quoted-reply"
    EXCHANGE_WORDS = "exchange-words"
    TLS_FAILED = "tls-failed"
    VALIDATION_FAILED = "validation-failed"
    TLS_REPORT = "tls-report"
    FAILED_SESSION = "failed-session"
    # Exchange's own words, about itself
    ON_PREMISES_CERTIFICATE = "on-premises-certificate"
    TLS_DEMANDED = "tls-demanded"
    EXCHANGE_AUTHENTICATION = "exchange-authentication"
    SEND_CONNECTOR_CERTIFICATE = "send-connector-certificate"
    OWN_CERTIFICATE = "own-certificate"
    EARLY_SESSION_TICKET = "early-session-ticket"
    SECURE_DOMAIN = "secure-domain"
    # neighbours: no fault of an outbound connector
    DOMAIN_NONEXISTENT = "domain-nonexistent"
    RELAY_DENIED = "relay-denied"
    ROUTING_LOOP = "routing-loop"
    INBOUND_ATTRIBUTION = "inbound-attribution"
    DIRECT_SEND = "direct-send"
    RECIPIENT_UNKNOWN = "recipient-unknown"
    SERVICE_INACTIVE = "service-inactive"
    OUT_OF_RESOURCES = "out-of-resources"
    INBOUND_TEMPORARY = "inbound-temporary"
    RECEIVER_THROTTLING = "receiver-throttling"
    OUTDATED_EXCHANGE = "outdated-exchange"
    UNAUTHENTICATED_MAIL = "unauthenticated-mail"
    REVERSE_DNS = "reverse-dns"
    NOT_SIGNED_IN = "not-signed-in"
    SENDER_BLOCKED = "sender-blocked"
    TENANT_LIMIT = "tenant-limit"
    TENANT_BLOCKED = "tenant-blocked"
    NEW_TENANT = "new-tenant"
    UNREGISTERED_DOMAIN = "unregistered-domain"
    RELAY_POOL = "relay-pool"
    DMARC_REJECT = "dmarc-reject"
    AUTHENTICATION_LEVEL = "authentication-level"
    SECURITY_POLICY = "security-policy"


class TopicFacts(NamedTuple):
    culprit: Culprit = Culprit.UNKNOWN
    page: str = _TABLE
    direction: Direction | None = None


_T, _C = Topic, Culprit
_OUT, _IN, _SERVER_OUT = Direction.FROM_EXCHANGE_ONLINE, Direction.TO_EXCHANGE_ONLINE, Direction.FROM_EXCHANGE_SERVER
TOPICS: dict[Topic, TopicFacts] = {
    **dict.fromkeys(map(Topic, INTELLIGENCE_CODES), TopicFacts(page=REFERENCE, direction=_OUT)),
    **dict.fromkeys(
        (_T.DANE_STARTTLS, _T.DANE_EXPIRED, _T.DANE_TLSA, _T.DANE_DNSSEC, _T.DANE_NAME),
        TopicFacts(page=_DANE, direction=_OUT),
    ),
    _T.MTA_STS_HOSTS: TopicFacts(page=_MTA_STS, direction=_OUT),
    _T.MTA_STS_CERTIFICATE: TopicFacts(_C.SERVER, _MTA_STS, _OUT),
    _T.QUEUE_EXPIRED: TopicFacts(page=f"{_NDR}fix-error-code-550-4-4-7-in-exchange-online"),
    _T.MESSAGE_EXPIRED: TopicFacts(),
    _T.EXPIRED_ELSEWHERE: TopicFacts(page="https://www.rfc-editor.org/rfc/rfc3463#section-3.5"),
    _T.OLDER_EXCHANGE: TopicFacts(),
    _T.ON_PREMISES: TopicFacts(page=_SERVER, direction=_SERVER_OUT),
    _T.NO_ANSWER: TopicFacts(page=_SERVER),
    _T.UNABLE_TO_CONNECT: TopicFacts(page=_SERVER, direction=_SERVER_OUT),
    _T.CONNECTION_DROPPED: TopicFacts(page=_SERVER),
    _T.QUOTED_REPLY: TopicFacts(page=_PROTOCOL_LOG, direction=_SERVER_OUT),
    _T.EXCHANGE_WORDS: TopicFacts(page=_SERVER),
    _T.TLS_FAILED: TopicFacts(page=_PROTOCOL_LOG),
    _T.VALIDATION_FAILED: TopicFacts(
        page="https://learn.microsoft.com/exchange/mail-flow-best-practices/use-connectors-to-configure-mail-flow/"
        "validate-connectors",
        direction=_OUT,
    ),
    _T.TLS_REPORT: TopicFacts(page="https://www.rfc-editor.org/rfc/rfc8460#section-4.3"),
    _T.FAILED_SESSION: TopicFacts(page=_PROTOCOL_LOG),
    _T.ON_PREMISES_CERTIFICATE: TopicFacts(page=_SERVER, direction=_SERVER_OUT),
    _T.TLS_DEMANDED: TopicFacts(
        _C.SENDER, "https://learn.microsoft.com/exchange/mail-flow/connectors/send-connectors", _SERVER_OUT
    ),
    _T.EXCHANGE_AUTHENTICATION: TopicFacts(
        _C.SENDER, "https://learn.microsoft.com/exchange/mail-flow/connectors/receive-connectors", _SERVER_OUT
    ),
    _T.SEND_CONNECTOR_CERTIFICATE: TopicFacts(
        _C.SENDER, "https://learn.microsoft.com/powershell/module/exchange/set-sendconnector", _SERVER_OUT
    ),
    _T.OWN_CERTIFICATE: TopicFacts(
        _C.SENDER, "https://learn.microsoft.com/exchange/architecture/client-access/certificates", _SERVER_OUT
    ),
    _T.EARLY_SESSION_TICKET: TopicFacts(_C.SERVER, "https://github.com/golang/go/issues/70232", _OUT),
    _T.SECURE_DOMAIN: TopicFacts(_C.SENDER, _SERVER, _SERVER_OUT),
    _T.DOMAIN_NONEXISTENT: TopicFacts(_C.SENDER, _TABLE, _OUT),
    _T.RELAY_DENIED: TopicFacts(),
    _T.ROUTING_LOOP: TopicFacts(_C.CONNECTOR, f"{_NDR}fix-error-code-5-4-6-through-5-4-20-in-exchange-online"),
    _T.INBOUND_ATTRIBUTION: TopicFacts(_C.CONNECTOR, f"{_NDR}fix-error-code-5-7-64-in-exchange-online", _IN),
    _T.DIRECT_SEND: TopicFacts(
        _C.SENDER,
        f"{_BLOG}introducing-more-control-over-direct-send-in-exchange-online/4408790",
        _IN,
    ),
    _T.RECIPIENT_UNKNOWN: TopicFacts(_C.SENDER, f"{_NDR}fix-error-code-550-5-1-10-in-exchange-online", _IN),
    _T.SERVICE_INACTIVE: TopicFacts(_C.SERVER),
    _T.OUT_OF_RESOURCES: TopicFacts(_C.SERVER, "https://learn.microsoft.com/exchange/mail-flow/back-pressure"),
    _T.INBOUND_TEMPORARY: TopicFacts(_C.UNKNOWN, _TABLE, _IN),
    _T.RECEIVER_THROTTLING: TopicFacts(_C.SENDER, _TABLE, _IN),
    _T.OUTDATED_EXCHANGE: TopicFacts(
        _C.SENDER,
        f"{_BLOG}throttling-and-blocking-email-from-persistently-vulnerable-exchange-servers-to-e/3815328",
        _IN,
    ),
    _T.UNAUTHENTICATED_MAIL: TopicFacts(_C.SENDER, _TABLE, _IN),
    _T.REVERSE_DNS: TopicFacts(_C.SENDER, _TABLE, _IN),
    _T.NOT_SIGNED_IN: TopicFacts(_C.SENDER, f"{_NDR}fix-error-code-5-7-57-in-exchange-online", _IN),
    _T.SENDER_BLOCKED: TopicFacts(_C.SENDER, _TABLE, _OUT),
    _T.TENANT_LIMIT: TopicFacts(_C.SENDER, _TABLE, _OUT),
    _T.TENANT_BLOCKED: TopicFacts(_C.SENDER, _TENANT, _OUT),
    _T.NEW_TENANT: TopicFacts(_C.SENDER, _TENANT, _OUT),
    _T.UNREGISTERED_DOMAIN: TopicFacts(_C.SENDER, _TENANT, _OUT),
    _T.RELAY_POOL: TopicFacts(_C.SERVER, f"{_NDR}forwarded-message-rejected-5-7-367-ndr", _OUT),
    _T.DMARC_REJECT: TopicFacts(_C.SENDER, _TABLE, _IN),
    _T.AUTHENTICATION_LEVEL: TopicFacts(_C.SENDER, _TABLE, _IN),
    _T.SECURITY_POLICY: TopicFacts(_C.SENDER, "https://www.rfc-editor.org/rfc/rfc3463#section-3.8"),
}


class Precision(IntEnum):
    """How much a code tells: of several that wrap one another, the most precise is the news."""

    EXPIRY = 0  # that the time was up
    FAILURE = 1  # that an attempt failed
    REASON = 2  # why, in general
    EXCHANGE_SERVER = 3  # an error of Exchange Server's own
    FAULT = 4


class KnownCode(NamedTuple):
    """``code`` is the transient form where there is one.

    ``distinct`` codes are Exchange's alone, and believed wherever they do not stand as a version number; the others
    ("5.4.1") need a reply code or a word such as "Status:" in front, and no words behind that only other mail systems
    write. ``on_premises``: written by Exchange Server, and not by Exchange Online.
    """

    code: str
    topic: Topic
    confidence: Confidence = Confidence.DOCUMENTED
    precision: Precision = Precision.FAULT
    distinct: bool = False
    on_premises: bool = False

    @property
    def in_table(self) -> bool:
        """Whether it is one of the six of Microsoft's page."""
        return self.code in INTELLIGENCE_CODES


_REPORTED = Confidence.REPORTED
_P = Precision
_TWO_FORMS = (
    *(KnownCode(code.value, Topic(code.value), distinct=True) for code in INTELLIGENCE_CODES),
    *(KnownCode(f"4.7.32{digit}", Topic(f"4.7.32{digit}"), distinct=True) for digit in range(1, 6)),
    KnownCode("4.4.8", _T.MTA_STS_HOSTS),
    KnownCode("4.7.5", _T.MTA_STS_CERTIFICATE, precision=_P.REASON),
    KnownCode("4.7.230", _T.OUTDATED_EXCHANGE, distinct=True),
    KnownCode("4.7.26", _T.UNAUTHENTICATED_MAIL),
    KnownCode("4.7.25", _T.REVERSE_DNS),
    KnownCode("4.7.66", _T.SECURITY_POLICY, Confidence.INFERRED),
)
_ONE_FORM = (
    KnownCode("4.4.7", _T.QUEUE_EXPIRED, precision=_P.EXPIRY),
    KnownCode("5.4.300", _T.MESSAGE_EXPIRED, precision=_P.EXPIRY, distinct=True),
    KnownCode("4.4.0", _T.OLDER_EXCHANGE, _REPORTED, _P.FAILURE),
    KnownCode("4.4.1", _T.NO_ANSWER, _REPORTED, _P.REASON),
    KnownCode("4.2.1", _T.UNABLE_TO_CONNECT, _REPORTED, _P.REASON),
    KnownCode("4.4.2", _T.CONNECTION_DROPPED, _REPORTED, _P.REASON),
    *(
        KnownCode(code, _T.ON_PREMISES, _REPORTED, _P.EXCHANGE_SERVER, distinct=True, on_premises=True)
        for code in ("4.4.101", "4.4.395", "4.4.397", "4.4.400")
    ),
    KnownCode("5.4.310", _T.DOMAIN_NONEXISTENT, _REPORTED, distinct=True),
    KnownCode("5.6.7", _T.DOMAIN_NONEXISTENT, _REPORTED),
    KnownCode("5.4.1", _T.RELAY_DENIED),
    KnownCode("5.4.6", _T.ROUTING_LOOP),
    KnownCode("5.4.14", _T.ROUTING_LOOP),
    KnownCode("5.7.64", _T.INBOUND_ATTRIBUTION),
    KnownCode("5.7.51", _T.INBOUND_ATTRIBUTION),
    KnownCode("5.7.68", _T.DIRECT_SEND),
    KnownCode("5.1.10", _T.RECIPIENT_UNKNOWN),
    KnownCode("4.3.1", _T.OUT_OF_RESOURCES, precision=_P.REASON),
    KnownCode("4.3.2", _T.SERVICE_INACTIVE, _REPORTED, _P.REASON),
    KnownCode("4.4.4", _T.INBOUND_TEMPORARY, _REPORTED, _P.REASON),
    KnownCode("5.7.57", _T.NOT_SIGNED_IN),
    KnownCode("5.1.8", _T.SENDER_BLOCKED),
    KnownCode("5.7.232", _T.TENANT_LIMIT),
    KnownCode("5.7.233", _T.TENANT_LIMIT),
    KnownCode("5.7.705", _T.TENANT_BLOCKED),
    KnownCode("5.7.708", _T.NEW_TENANT),
    KnownCode("5.7.750", _T.UNREGISTERED_DOMAIN),
    KnownCode("5.7.367", _T.RELAY_POOL),
    KnownCode("5.7.509", _T.DMARC_REJECT),
    KnownCode("5.7.515", _T.AUTHENTICATION_LEVEL),
)
KNOWN_CODES = (*_TWO_FORMS, *_ONE_FORM)
_KNOWN = {each.code: each for each in KNOWN_CODES} | {f"5{each.code[1:]}": each for each in _TWO_FORMS}
_THROTTLING = pattern(r"4\.7\.(?:[56][0-9]{2}|8[5-9][0-9])")  # 4.7.500 to 699, 850 to 899


def known(code: str) -> KnownCode | None:
    """What ``code``, in whichever form, is known as."""
    found = _KNOWN.get(code)
    if found is None and _THROTTLING.fullmatch(code):
        return KnownCode(code, Topic.RECEIVER_THROTTLING)
    return found


def looked_for() -> str:
    """The codes in one phrase, for a person whose text had none of them."""
    six = ", ".join(code.value for code in INTELLIGENCE_CODES)
    neighbours = "4.4.1, 4.4.7, 4.4.8, 4.7.5, 4.7.230, 4.7.321 to 4.7.325"
    return f"{six}, their final forms (5.4.312 ... 5.7.320), and neighbours such as {neighbours}"
