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
_FIX = f"{_NDR}fix-error-code-"
_TABLE = f"{_NDR}non-delivery-reports-in-exchange-online"
_DANE = "https://learn.microsoft.com/purview/how-smtp-dane-works"
_MTA_STS = "https://learn.microsoft.com/purview/enhancing-mail-flow-with-mta-sts"
_EXCHANGE = "https://learn.microsoft.com/exchange/"
_SERVER = f"{_EXCHANGE}mail-flow/non-delivery-reports-and-bounce-messages/non-delivery-reports-and-bounce-messages"
_CONNECTORS = f"{_EXCHANGE}mail-flow/connectors/"
_RFC = "https://www.rfc-editor.org/rfc/"
_BLOG = "https://techcommunity.microsoft.com/blog/exchange/"
_PROTOCOL_LOG = f"{_CONNECTORS}protocol-logging"
_TENANT = f"{_FIX}5-7-700-through-5-7-750"


class Direction(StrEnum):
    """Which way the mail went."""

    FROM_EXCHANGE_ONLINE = "from-exchange-online"
    TO_EXCHANGE_ONLINE = "to-exchange-online"
    FROM_EXCHANGE_SERVER = "from-exchange-server"


_OUT, _IN, _SERVER_OUT = Direction.FROM_EXCHANGE_ONLINE, Direction.TO_EXCHANGE_ONLINE, Direction.FROM_EXCHANGE_SERVER


class Topic(StrEnum):
    """What the catalogue has a title and a meaning for, and for most what to do.

    ``page``: where to read on; ``direction``: None for either; ``culprit``: whose it is to mend.
    """

    _value_: str
    page: str
    direction: Direction | None
    culprit: Culprit

    def __new__(
        cls, value: str, page: str = _TABLE, direction: Direction | None = None, culprit: Culprit = Culprit.UNKNOWN
    ) -> Topic:
        topic = str.__new__(cls, value)
        topic._value_, topic.page, topic.direction, topic.culprit = value, page, direction, culprit
        return topic

    DNS_QUERY_FAILED = "4.4.312", REFERENCE, _OUT
    CONNECTION_TIMED_OUT = "4.4.315", REFERENCE, _OUT
    CONNECTION_REFUSED = "4.4.316", REFERENCE, _OUT
    CANNOT_CONNECT = "4.4.317", REFERENCE, _OUT
    CLOSED_ABRUPTLY = "4.4.318", REFERENCE, _OUT
    CERTIFICATE_VALIDATION_FAILED = "4.7.320", REFERENCE, _OUT
    DANE_STARTTLS = "4.7.321", _DANE, _OUT
    DANE_EXPIRED = "4.7.322", _DANE, _OUT
    DANE_TLSA = "4.7.323", _DANE, _OUT
    DANE_DNSSEC = "4.7.324", _DANE, _OUT
    DANE_NAME = "4.7.325", _DANE, _OUT
    MTA_STS_HOSTS = "mta-sts-hosts", _MTA_STS, _OUT
    MTA_STS_CERTIFICATE = "certificate-policy", _MTA_STS, _OUT, Culprit.SERVER
    # that the time was up, or that something failed, and not what
    QUEUE_EXPIRED = "queue-expired", f"{_FIX}550-4-4-7-in-exchange-online"
    MESSAGE_EXPIRED = "message-expired"
    EXPIRED_ELSEWHERE = "expired-elsewhere", f"{_RFC}rfc3463#section-3.5"
    OLDER_EXCHANGE = "older-exchange"
    ON_PREMISES = "on-premises", _SERVER, _SERVER_OUT
    NO_ANSWER = "no-answer", _SERVER
    UNABLE_TO_CONNECT = "unable-to-connect", _SERVER, _SERVER_OUT
    CONNECTION_DROPPED = "connection-dropped", _SERVER
    QUOTED_REPLY = "quoted-reply", _PROTOCOL_LOG, _SERVER_OUT
    EXCHANGE_WORDS = "exchange-words", _SERVER
    TLS_FAILED = "tls-failed", _PROTOCOL_LOG
    VALIDATION_FAILED = (
        "validation-failed",
        f"{_EXCHANGE}mail-flow-best-practices/use-connectors-to-configure-mail-flow/validate-connectors",
        _OUT,
    )
    TLS_REPORT = "tls-report", f"{_RFC}rfc8460#section-4.3"
    FAILED_SESSION = "failed-session", _PROTOCOL_LOG
    # Exchange's own words, about itself
    ON_PREMISES_CERTIFICATE = "on-premises-certificate", _SERVER, _SERVER_OUT
    TLS_DEMANDED = "tls-demanded", f"{_CONNECTORS}send-connectors", _SERVER_OUT, Culprit.SENDER
    EXCHANGE_AUTHENTICATION = "exchange-authentication", f"{_CONNECTORS}receive-connectors", _SERVER_OUT, Culprit.SENDER
    SEND_CONNECTOR_CERTIFICATE = (
        "send-connector-certificate",
        "https://learn.microsoft.com/powershell/module/exchange/set-sendconnector",
        _SERVER_OUT,
        Culprit.SENDER,
    )
    OWN_CERTIFICATE = (
        "own-certificate",
        f"{_EXCHANGE}architecture/client-access/certificates",
        _SERVER_OUT,
        Culprit.SENDER,
    )
    EARLY_SESSION_TICKET = "early-session-ticket", "https://github.com/golang/go/issues/70232", _OUT, Culprit.SERVER
    SECURE_DOMAIN = "secure-domain", _SERVER, _SERVER_OUT, Culprit.SENDER
    # neighbours: no fault of an outbound connector
    DOMAIN_NONEXISTENT = "domain-nonexistent", _TABLE, _OUT, Culprit.SENDER
    RELAY_DENIED = "relay-denied"
    ROUTING_LOOP = "routing-loop", f"{_FIX}5-4-6-through-5-4-20-in-exchange-online", None, Culprit.CONNECTOR
    INBOUND_ATTRIBUTION = "inbound-attribution", f"{_FIX}5-7-64-in-exchange-online", _IN, Culprit.CONNECTOR
    DIRECT_SEND = (
        "direct-send",
        f"{_BLOG}introducing-more-control-over-direct-send-in-exchange-online/4408790",
        _IN,
        Culprit.SENDER,
    )
    RECIPIENT_UNKNOWN = "recipient-unknown", f"{_FIX}550-5-1-10-in-exchange-online", _IN, Culprit.SENDER
    SERVICE_INACTIVE = "service-inactive", _TABLE, None, Culprit.SERVER
    OUT_OF_RESOURCES = "out-of-resources", f"{_EXCHANGE}mail-flow/back-pressure", None, Culprit.SERVER
    INBOUND_TEMPORARY = "inbound-temporary", _TABLE, _IN
    RECEIVER_THROTTLING = "receiver-throttling", _TABLE, _IN, Culprit.SENDER
    OUTDATED_EXCHANGE = (
        "outdated-exchange",
        f"{_BLOG}throttling-and-blocking-email-from-persistently-vulnerable-exchange-servers-to-e/3815328",
        _IN,
        Culprit.SENDER,
    )
    UNAUTHENTICATED_MAIL = "unauthenticated-mail", _TABLE, _IN, Culprit.SENDER
    REVERSE_DNS = "reverse-dns", _TABLE, _IN, Culprit.SENDER
    NOT_SIGNED_IN = "not-signed-in", f"{_FIX}5-7-57-in-exchange-online", _IN, Culprit.SENDER
    SENDER_BLOCKED = "sender-blocked", _TABLE, _OUT, Culprit.SENDER
    TENANT_LIMIT = "tenant-limit", _TABLE, _OUT, Culprit.SENDER
    TENANT_BLOCKED = "tenant-blocked", _TENANT, _OUT, Culprit.SENDER
    NEW_TENANT = "new-tenant", _TENANT, _OUT, Culprit.SENDER
    UNREGISTERED_DOMAIN = "unregistered-domain", _TENANT, _OUT, Culprit.SENDER
    RELAY_POOL = "relay-pool", f"{_NDR}forwarded-message-rejected-5-7-367-ndr", _OUT, Culprit.SERVER
    DMARC_REJECT = "dmarc-reject", _TABLE, _IN, Culprit.SENDER
    AUTHENTICATION_LEVEL = "authentication-level", _TABLE, _IN, Culprit.SENDER
    SECURITY_POLICY = "security-policy", f"{_RFC}rfc3463#section-3.8", None, Culprit.SENDER


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
    KnownCode("4.4.8", Topic.MTA_STS_HOSTS),
    KnownCode("4.7.5", Topic.MTA_STS_CERTIFICATE, precision=_P.REASON),
    KnownCode("4.7.230", Topic.OUTDATED_EXCHANGE, distinct=True),
    KnownCode("4.7.26", Topic.UNAUTHENTICATED_MAIL),
    KnownCode("4.7.25", Topic.REVERSE_DNS),
    KnownCode("4.7.66", Topic.SECURITY_POLICY, Confidence.INFERRED),
)
_ONE_FORM = (
    KnownCode("4.4.7", Topic.QUEUE_EXPIRED, precision=_P.EXPIRY),
    KnownCode("5.4.300", Topic.MESSAGE_EXPIRED, precision=_P.EXPIRY, distinct=True),
    KnownCode("4.4.0", Topic.OLDER_EXCHANGE, _REPORTED, _P.FAILURE),
    KnownCode("4.4.1", Topic.NO_ANSWER, _REPORTED, _P.REASON),
    KnownCode("4.2.1", Topic.UNABLE_TO_CONNECT, _REPORTED, _P.REASON),
    KnownCode("4.4.2", Topic.CONNECTION_DROPPED, _REPORTED, _P.REASON),
    *(
        KnownCode(code, Topic.ON_PREMISES, _REPORTED, _P.EXCHANGE_SERVER, distinct=True, on_premises=True)
        for code in ("4.4.101", "4.4.395", "4.4.397", "4.4.400")
    ),
    KnownCode("5.4.310", Topic.DOMAIN_NONEXISTENT, _REPORTED, distinct=True),
    KnownCode("5.6.7", Topic.DOMAIN_NONEXISTENT, _REPORTED),
    KnownCode("5.4.1", Topic.RELAY_DENIED),
    KnownCode("5.4.6", Topic.ROUTING_LOOP),
    KnownCode("5.4.14", Topic.ROUTING_LOOP),
    KnownCode("5.7.64", Topic.INBOUND_ATTRIBUTION),
    KnownCode("5.7.51", Topic.INBOUND_ATTRIBUTION),
    KnownCode("5.7.68", Topic.DIRECT_SEND),
    KnownCode("5.1.10", Topic.RECIPIENT_UNKNOWN),
    KnownCode("4.3.1", Topic.OUT_OF_RESOURCES, precision=_P.REASON),
    KnownCode("4.3.2", Topic.SERVICE_INACTIVE, _REPORTED, _P.REASON),
    KnownCode("4.4.4", Topic.INBOUND_TEMPORARY, _REPORTED, _P.REASON),
    KnownCode("5.7.57", Topic.NOT_SIGNED_IN),
    KnownCode("5.1.8", Topic.SENDER_BLOCKED),
    KnownCode("5.7.232", Topic.TENANT_LIMIT),
    KnownCode("5.7.233", Topic.TENANT_LIMIT),
    KnownCode("5.7.705", Topic.TENANT_BLOCKED),
    KnownCode("5.7.708", Topic.NEW_TENANT),
    KnownCode("5.7.750", Topic.UNREGISTERED_DOMAIN),
    KnownCode("5.7.367", Topic.RELAY_POOL),
    KnownCode("5.7.509", Topic.DMARC_REJECT),
    KnownCode("5.7.515", Topic.AUTHENTICATION_LEVEL),
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
