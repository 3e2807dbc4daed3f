"""What a bounce means: whose it is to mend, causes, remedies and where to read on. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum

from connector_probe.bounces.advice import (
    CLIENT_CERTIFICATE,
    Placeholders,
    cause_words,
    causes_for,
    code_of,
    numbered_remedies,
    remedies_for,
    remedy_words,
    stage_of,
    with_code,
)
from connector_probe.bounces.bounce import Bounce, BounceSource, ReadResult
from connector_probe.bounces.known_codes import Direction, Topic, known
from connector_probe.diagnosis.profiles import HEADLINES
from connector_probe.model.connector import SMTP_PORT
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Stage
from connector_probe.model.names import InvalidNameError, host_port, is_address, parse_smart_host
from connector_probe.model.verdict import (
    Cause,
    CauseVerdict,
    Confidence,
    Culprit,
    FailureClass,
    MailFlowCode,
    Remedy,
    Status,
)
from connector_probe.protocol.microsoft import is_microsofts, is_routing_domain
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.sentences import LenientFacts, fill, headline_of

EXPLANATION_SCHEMA = "connector-probe/explanation/1"


class LiveVerdict(StrEnum):
    """What a probe right now says of the fault in a bounce."""

    STANDS = "stands"
    GONE = "gone"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Live:
    """``connector`` names the result in the report of the probe that this was read from."""

    verdict: LiveVerdict
    text: str
    connector: str
    status: Status
    code: str | None
    class_: FailureClass | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One bounce, explained. The keys of the JSON; ``class_`` is "class".

    ``heading``: what is broken, in a few words, beyond the ``title`` of the code. ``documented_code``: where
    Microsoft's page lists the fault, when that is another code than the one written. ``also_possible``: failures that
    write the same message. ``live`` is set by --probe.
    """

    code: str | None
    class_: FailureClass | None
    title: str
    message: str | None
    server: str | None
    address: str | None
    occurred_at: datetime | None
    causes: tuple[Cause, ...]
    remedies: tuple[Remedy, ...]
    reference: str
    confidence: Confidence
    heading: str | None
    meaning: str
    notes: tuple[str, ...]
    written_code: str | None
    documented_code: str | None
    final: bool
    also_possible: tuple[FailureClass, ...]
    port: int | None
    recipient: str | None
    expected_subject: str | None
    presented_subject: str | None
    thumbprint: str | None
    source: BounceSource
    on_premises: bool
    direction: Direction | None
    culprit: Culprit
    sessions: int | None
    reported_by: str | None
    live: Live | None = None


@dataclass(frozen=True, slots=True)
class ExplanationDocument:
    """The whole of ``probe explain --json``. ``notes``: of the text as a whole."""

    schema: str
    matches: tuple[Explanation, ...]
    notes: tuple[str, ...] = ()


def document(reading: ReadResult, words: Catalogue = ENGLISH) -> ExplanationDocument:
    """What was read, in the words of one language."""
    notes = (words.explain[reading.note],) if reading.note else ()
    return ExplanationDocument(EXPLANATION_SCHEMA, tuple(explain(bounce, words) for bounce in reading.bounces), notes)


def explain(bounce: Bounce, words: Catalogue = ENGLISH) -> Explanation:
    """What ``bounce`` means, in the words of one language."""
    topic, facts = topic_of(bounce), facts_of(bounce)
    return Explanation(
        **{name: getattr(bounce, name) for name in _AS_READ},
        class_=bounce.failure_class,
        title=title_of(_title_topic(bounce, topic), words),
        causes=_causes(bounce, topic, facts, words),
        remedies=tuple(_remedies(bounce, topic, facts, words)),
        reference=topic.page,
        heading=_heading(bounce, topic, words),
        meaning=words.explain[f"meaning-{topic}"],
        notes=tuple(_notes(bounce, facts, words)),
        documented_code=_listed_code(bounce),
        also_possible=bounce.alternatives,
        direction=_direction(bounce, topic),
        culprit=_culprit(bounce, topic),
    )


# What a bounce says goes over as it is.
_AS_READ = {each.name for each in fields(Explanation)} & {*Bounce._fields} - {"direction"}


# --- what it is about --------------------------------------------------------------------------------------------

_F = FailureClass
_CERTIFICATE = (_F.CERTIFICATE_EXPIRED, _F.CERTIFICATE_NAME_MISMATCH, _F.CERTIFICATE_UNTRUSTED_ROOT)
# What a code stands for when nothing else is known. Certificate faults come as 4.4.317 since 2023.
_BY_CODE_ALONE: dict[str, tuple[FailureClass, ...]] = {
    MailFlowCode.DNS_QUERY_FAILED: (_F.DNS_SERVFAIL, _F.DNS_NXDOMAIN, _F.DNS_NO_ADDRESS),
    MailFlowCode.CONNECTION_TIMED_OUT: (_F.TCP_TIMEOUT,),
    MailFlowCode.CONNECTION_REFUSED: (_F.TCP_REFUSED,),
    MailFlowCode.CANNOT_CONNECT: (_F.BANNER_REJECTED, _F.STARTTLS_NOT_OFFERED, _F.TLS_RESET, *_CERTIFICATE),
    MailFlowCode.CLOSED_ABRUPTLY: (_F.EHLO_CLOSED,),
    MailFlowCode.CERTIFICATE_VALIDATION_FAILED: _CERTIFICATE,
}
# Of DANE and MTA-STS: whatever has the code. 4.7.5 is about the certificate alone, which its message judges.
_OF_A_POLICY = frozenset(
    {
        *(Topic.DANE_STARTTLS, Topic.DANE_EXPIRED, Topic.DANE_TLSA, Topic.DANE_DNSSEC, Topic.DANE_NAME),
        Topic.MTA_STS_HOSTS,
    }
)
_MANY_FAULTS = frozenset({Topic.CANNOT_CONNECT, Topic.CERTIFICATE_VALIDATION_FAILED})
# A certificate with one of these faults is the server's, whatever the connector asks for.
_OF_THE_SERVER = frozenset(
    {_F.CERTIFICATE_EXPIRED, _F.CERTIFICATE_REVOKED, _F.CERTIFICATE_MISSING_INTERMEDIATE, _F.EHLO_MALFORMED}
)
_IN_TABLE = frozenset(map(Topic, HEADLINES))


def topic_of(bounce: Bounce) -> Topic:
    """What the catalogue has words for."""
    if bounce.topic is not None:
        return bounce.topic
    code = known(bounce.code) if bounce.code is not None else None
    return code.topic if code is not None else Topic.OLDER_EXCHANGE


def title_of(topic: Topic, words: Catalogue) -> str:
    """What the catalogue calls ``topic``."""
    return headline_of(MailFlowCode(topic.value), words) if topic in _IN_TABLE else words.explain[f"title-{topic}"]


def _title_topic(bounce: Bounce, topic: Topic) -> Topic:
    """Of the six codes the title is always Microsoft's; what else there is to say becomes the heading."""
    return Topic(bounce.code) if bounce.code in HEADLINES else topic


def _heading(bounce: Bounce, topic: Topic, words: Catalogue) -> str | None:
    """What failed, where the text tells."""
    if _title_topic(bounce, topic) is not topic:
        return title_of(topic, words)
    if is_starttls_pair(bounce):
        return words.explain["heading-no-tls"]
    return _class_title(bounce.failure_class, words) if bounce.failure_class is not None else None


def _class_title(failure: FailureClass, words: Catalogue) -> str:
    """What failed, as the sender met it: only Exchange Online can have its own certificate turned down."""
    if failure is FailureClass.TLS_CLIENT_CERTIFICATE:
        return words.explain["heading-client-certificate"]
    return words.titles[failure]


_STARTTLS_PAIR = frozenset({_F.STARTTLS_NOT_OFFERED, _F.TLS_CLIENT_CERTIFICATE})


def is_starttls_pair(bounce: Bounce) -> bool:
    """Whether it is "STARTTLS is required": the server has none, or does not trust the sender's certificate."""
    return set(bounce.classes) == _STARTTLS_PAIR


def is_for_microsoft(bounce: Bounce) -> bool:
    """Whether the mail was on its way to a server of Microsoft's, so that only the sender's side can be mended."""
    return bounce.server is not None and is_microsofts(bounce.server)


def _direction(bounce: Bounce, topic: Topic) -> Direction | None:
    if is_for_microsoft(bounce):
        return Direction.TO_EXCHANGE_ONLINE
    by_topic = bounce.direction or topic.direction
    return by_topic or (Direction.FROM_EXCHANGE_SERVER if bounce.on_premises else None)


def _culprit(bounce: Bounce, topic: Topic) -> Culprit:
    by_topic = topic.culprit
    if by_topic is not Culprit.UNKNOWN:
        return by_topic
    if is_for_microsoft(bounce):
        return Culprit.SENDER
    sure = bounce.failure_class in _OF_THE_SERVER and not bounce.alternatives
    return Culprit.SERVER if sure else Culprit.UNKNOWN


def classes_of(bounce: Bounce) -> tuple[FailureClass, ...]:
    """Every failure it may be: what the message says, or else what the code stands for."""
    if bounce.classes:
        return bounce.classes
    topic = topic_of(bounce)
    if topic in _OF_A_POLICY and bounce.code is not None:
        return with_code(MailFlowCode(bounce.code))
    return _BY_CODE_ALONE.get(topic.value, ())


def documented_code(bounce: Bounce) -> str | None:
    """The code of Microsoft's page for what failed; None where that is not known or has none."""
    code = code_of(bounce.failure_class) if bounce.failure_class is not None else None
    return code.value if code is not None else None


def _listed_code(bounce: Bounce) -> str | None:
    """The documented code, where it is another than the one written and worth naming beside it."""
    code = documented_code(bounce)
    by_exchange = bounce.on_premises or bounce.code in HEADLINES or bounce.source is BounceSource.PROTOCOL_LOG
    return code if code is not None and code != bounce.code and by_exchange and not is_for_microsoft(bounce) else None


# --- causes ------------------------------------------------------------------------------------------------------

# What speaks of the outbound connector, or of Exchange Online as the sender, where neither has a part in it.
_NOT_FOR: dict[Topic, frozenset[str]] = {
    Topic.DOMAIN_NONEXISTENT: frozenset({"name-does-not-exist", "correct-smart-host"}),
    Topic.MTA_STS_CERTIFICATE: frozenset({"change-tls-domain"}),
    Topic.TLS_REPORT: frozenset({"relax-tls", "change-tls-domain", "disable-connector", "set-authoritative"}),
}
_NOT_ON_PREMISES = frozenset(
    {
        *("firewall-blocks", "migrated", "open-port-25", "disable-connector", "set-authoritative"),
        *("allow-exchange-online", "correct-smart-host", "change-tls-domain", "relax-tls", "validate-connector"),
        *("trust-exchange-certificate", CLIENT_CERTIFICATE),
    }
)


def _left_out(bounce: Bounce, topic: Topic) -> frozenset[str]:
    return _NOT_FOR.get(topic, frozenset()) | (_NOT_ON_PREMISES if bounce.on_premises else frozenset())


def _causes(bounce: Bounce, topic: Topic, facts: Mapping[str, str], words: Catalogue) -> tuple[Cause, ...]:
    """Those of every class it may be; none where the server is Microsoft's, and what we know is of others' servers."""
    if is_for_microsoft(bounce):
        return ()
    left_out = _left_out(bounce, topic)
    says = (fill(words.explain["message-says"], facts),) if bounce.message is not None else ()
    return tuple(
        Cause(cause, verdict, cause_words(cause, words), says if verdict is CauseVerdict.CONFIRMED else ())
        for cause, verdict in causes_for(classes_of(bounce), told=bool(bounce.classes))
        if cause not in left_out
    )


# --- remedies ----------------------------------------------------------------------------------------------------

# Of a server of Microsoft's, what to do at the sender's side, by the stage that failed.
_SENDER_SIDE = {
    Stage.DNS: "dns",
    Stage.CONNECT: "connect",
    Stage.STARTTLS: "tls",
    Stage.TLS: "tls",
    Stage.CERTIFICATE: "certificate",
}
_NEEDS_A_REPLY = "read-the-reply"
# What is said to do about these is of use where nothing is known of the failure, or only this stage of it.
_GENERAL = {
    Topic.OLDER_EXCHANGE: None,
    Topic.ON_PREMISES_CERTIFICATE: None,
    Topic.FAILED_SESSION: None,
    Topic.ON_PREMISES: Stage.CONNECT,
    Topic.NO_ANSWER: Stage.CONNECT,
    Topic.UNABLE_TO_CONNECT: Stage.CONNECT,
}


def _remedies(bounce: Bounce, topic: Topic, facts: Mapping[str, str], words: Catalogue) -> Iterator[Remedy]:
    if is_for_microsoft(bounce):
        yield from _at_the_sender(bounce, topic, facts, words)
        return
    classes = classes_of(bounce)
    if not classes or topic not in _GENERAL or stage_of(classes[0]) is _GENERAL[topic]:
        yield from numbered_remedies(topic.value, facts, words)
    if topic in _MANY_FAULTS and not bounce.classes:
        yield Remedy("find-message", words.explain["find-message"], (fill("probe {host}", facts),))
    if is_starttls_pair(bounce) and not bounce.on_premises:
        yield Remedy("find-starttls", words.explain["find-starttls"], (fill("probe {host}", facts),))
    left_out = _left_out(bounce, topic) | (frozenset() if bounce.message else {_NEEDS_A_REPLY})
    if bounce.thumbprint is not None:
        left_out |= {"check-appliance"}  # find-thumbprint says it with the certificate's own mark
    for identifier in remedies_for(classes, told=bool(bounce.classes)):
        if identifier not in left_out:
            yield remedy_words(identifier, facts, words)
    if bounce.thumbprint is not None:
        yield Remedy("find-thumbprint", fill(words.explain["find-thumbprint"], facts))
    if topic in _IN_TABLE:
        yield Remedy("contact-partner", words.explain["if-partner"])
    elif topic is Topic.EXCHANGE_WORDS and not classes:
        yield Remedy("older-exchange", words.explain[f"do-{Topic.OLDER_EXCHANGE}"])


def _at_the_sender(bounce: Bounce, topic: Topic, facts: Mapping[str, str], words: Catalogue) -> Iterator[Remedy]:
    """Where the server is Microsoft's: what to do on the sender's side, and nothing else."""
    if topic.culprit in (Culprit.SENDER, Culprit.CONNECTOR):
        yield from numbered_remedies(topic.value, facts, words)
        return
    classes = classes_of(bounce)
    side = _SENDER_SIDE.get(stage_of(classes[0]), "session") if classes else "connect"
    yield from numbered_remedies(f"microsoft-{side}", facts, words)
    if not classes:
        yield from numbered_remedies(topic.value, facts, words)


# --- notes and facts ---------------------------------------------------------------------------------------------


def _notes(bounce: Bounce, facts: LenientFacts, words: Catalogue) -> Iterator[str]:
    say, documented = words.explain, _listed_code(bounce)
    if documented is not None:
        facts = LenientFacts(facts, code=documented, title=headline_of(MailFlowCode(documented), words))
    if is_for_microsoft(bounce):
        yield say["microsofts-server"]
    if bounce.on_premises:
        yield fill(say["of-exchange-server" if documented is None else "counterpart"], facts)
    elif documented is not None:
        yield fill(say["documented-as" if bounce.code is not None else "would-be-written"], facts)
    if bounce.alternatives and not is_for_microsoft(bounce):
        titles = dict.fromkeys(_class_title(failure, words) for failure in bounce.alternatives)
        classes = words.facts["between-sources"].join(titles)
        yield fill(say["also-possible" if bounce.failure_class is not None else "may-be"], {"classes": classes})
    by_exchange_online = not bounce.on_premises and bounce.source is not BounceSource.TLS_REPORT
    if bounce.failure_class is not None and stage_of(bounce.failure_class) is Stage.CERTIFICATE and by_exchange_online:
        yield say["one-at-a-time"]
    if bounce.sessions is not None or bounce.reported_by is not None:
        reporter = bounce.reported_by or "?"
        number = str(bounce.sessions) if bounce.sessions is not None else "?"
        yield fill(say["tls-report-of"], {"reporter": reporter, "number": number})
    if bounce.cut_off is not None:
        yield fill(say["cut-off"], {"name": bounce.cut_off})
    if bounce.final:
        yield say["final"]
    elif bounce.on_premises:
        yield say["pending-on-premises"]
    elif bounce.code in HEADLINES:
        yield say["pending"]


def facts_of(bounce: Bounce) -> LenientFacts:
    """For the catalogue's templates. A paste can hold anything as a server: commands get only what is a host."""
    host = host_of(bounce)
    where = bounce.address or host
    port = str(bounce.port or SMTP_PORT)
    facts = Placeholders(port=port, message=bounce.message or "", thumbprint=bounce.thumbprint or "")
    if host is not None:
        parent = host if is_address(host) else ".".join(host.split(".")[-2:])
        facts.update(server=host, host=host, domain=host, mx_domain=host, probed=host, expected=host, parent=parent)
    if host is not None and is_routing_domain(host):
        where = bounce.address or "<MX host>"
    if where is not None:
        dial = host_port(where, bounce.port or SMTP_PORT)
        facts.update(address=where, address_or_server=where, target=where, dial=dial)
    if bounce.expected_subject is not None:
        facts.update(expected=bounce.expected_subject)
    return facts


def host_of(bounce: Bounce) -> str | None:
    """The server, or else the address, as a host that can be probed; None where the text names none."""
    for text in (bounce.server, bounce.address):
        try:
            if text is not None:
                return parse_smart_host(text).host
        except InvalidNameError:
            continue
    return None
