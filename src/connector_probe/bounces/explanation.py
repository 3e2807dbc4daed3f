"""What a bounce means: causes, remedies and where to read on.

Pure. A bounce shows one message, not a server: nothing is ruled out, and nothing confirmed, that it does not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector_probe.bounces.bounce import Bounce, BounceSource
from connector_probe.bounces.grammar import known
from connector_probe.bounces.standing import Live, documented_code
from connector_probe.diagnosis.headlines import HEADLINES, POLICY_LINES, REFERENCE
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.weigh import by_class_alone, usual_remedies
from connector_probe.model.evidence import Stage
from connector_probe.model.ids import CauseId
from connector_probe.model.names import InvalidNameError, is_address, parse_smart_host
from connector_probe.model.verdict import (
    Cause,
    CauseVerdict,
    Confidence,
    FailureClass,
    MailFlowCode,
    Remedy,
)
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.sentences import Facts, fill, headline_of

EXPLANATION_SCHEMA = "connector-probe/explanation/1"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One bounce, explained. The keys of the JSON; ``class_`` is "class".

    ``documented_code``: where Microsoft's page lists the fault, when that is another code than the one written.
    ``also_possible``: failures that write the same message. ``live`` is set by --probe.
    """

    code: str
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
    meaning: str
    notes: tuple[str, ...]
    written_code: str
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
    live: Live | None = None


@dataclass(frozen=True, slots=True)
class ExplanationDocument:
    """The whole of ``probe explain --json``."""

    schema: str
    matches: tuple[Explanation, ...]


def document(bounces: Sequence[Bounce], words: Catalogue = ENGLISH) -> ExplanationDocument:
    return ExplanationDocument(EXPLANATION_SCHEMA, tuple(explain(one, words) for one in bounces))


def explain(bounce: Bounce, words: Catalogue = ENGLISH) -> Explanation:
    """What ``bounce`` means, in the words of one language."""
    subject, facts = _subject(bounce), _facts(bounce)
    return Explanation(
        code=bounce.code,
        class_=bounce.failure_class,
        title=title_of(bounce.code, words, subject),
        message=bounce.message,
        server=bounce.server,
        address=bounce.address,
        occurred_at=bounce.occurred_at,
        causes=_causes(bounce, subject, facts, words),
        remedies=_remedies(bounce, subject, facts, words),
        reference=reference_of(subject),
        confidence=bounce.confidence,
        meaning=words.explain[f"meaning-{subject}"],
        notes=tuple(_notes(bounce, facts, words)),
        written_code=bounce.written_code,
        documented_code=_documented_code(bounce),
        final=bounce.final,
        also_possible=bounce.alternatives,
        port=bounce.port,
        recipient=bounce.recipient,
        expected_subject=bounce.expected_subject,
        presented_subject=bounce.presented_subject,
        thumbprint=bounce.thumbprint,
        source=bounce.source,
        on_premises=bounce.on_premises,
    )


# --- which words, which classes --------------------------------------------------------------------------------

_NDR_PAGE = (
    "https://learn.microsoft.com/troubleshoot/exchange/email-delivery/ndr/non-delivery-reports-in-exchange-online"
)
_DANE_PAGE = "https://learn.microsoft.com/purview/how-smtp-dane-works"
_STS_PAGE = "https://learn.microsoft.com/purview/enhancing-mail-flow-with-mta-sts"
_SERVER_PAGE = (
    "https://learn.microsoft.com/exchange/mail-flow/non-delivery-reports-and-bounce-messages/"
    "non-delivery-reports-and-bounce-messages"
)
_REFERENCES = {
    **{f"4.7.32{digit}": _DANE_PAGE for digit in range(1, 6)},
    "mta-sts-hosts": _STS_PAGE,
    "certificate-policy": _STS_PAGE,
    "on-premises": _SERVER_PAGE,
    "on-premises-certificate": _SERVER_PAGE,
}
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
    # Of DANE and MTA-STS: whatever has the code. 4.7.5 is about the certificate alone, which its message judges.
    **{
        code: tuple(failure for failure, profile in PROFILES.items() if profile.code is code)
        for code in POLICY_LINES
        if code is not MailFlowCode.MTA_STS_CERTIFICATE
    },
}
_MANY_FAULTS = frozenset({MailFlowCode.CANNOT_CONNECT, MailFlowCode.CERTIFICATE_VALIDATION_FAILED})
_NEEDS_A_REPLY = "read-the-reply"
# Advice that only what a probe saw can give; the rest of that kind is said last, as what it may be besides.
_NEEDS_A_PROBE = frozenset({"use-plain-smtp-port", "send-proxy-header", "point-to-smtp"})
# What speaks of the outbound connector, or of Exchange Online as the sender, where neither has a part in it.
_NOT_FOR: dict[str, frozenset[str]] = {
    "domain-nonexistent": frozenset({"name-does-not-exist", "correct-smart-host"}),
    "certificate-policy": frozenset({"change-tls-domain"}),
}
_NOT_ON_PREMISES = frozenset(
    {
        *("firewall-blocks", "migrated", "open-port-25", "disable-connector", "set-authoritative"),
        *("allow-exchange-online", "correct-smart-host", "change-tls-domain", "relax-tls", "validate-connector"),
    }
)


def _subject(bounce: Bounce) -> str:
    """What the catalogue calls this code."""
    code = known(bounce.code)
    words = code.words if code is not None else "older-exchange"
    return "on-premises-certificate" if words == "certificate-policy" and bounce.on_premises else words


def reference_of(subject: str) -> str:
    """Microsoft's page about what bounces.grammar calls ``subject``."""
    return _REFERENCES.get(subject, _NDR_PAGE if subject not in HEADLINES else REFERENCE)


def title_of(code: str, words: Catalogue, subject: str | None = None) -> str:
    """What the catalogue calls a code; ``subject`` where that is already known."""
    found = known(code)
    subject = subject or (found.words if found is not None else "older-exchange")
    return headline_of(MailFlowCode(code), words) if subject in HEADLINES else words.explain[f"title-{subject}"]


def _classes(bounce: Bounce) -> tuple[FailureClass, ...]:
    if bounce.failure_class is None:
        return _BY_CODE_ALONE.get(bounce.code, ())
    return (bounce.failure_class, *bounce.alternatives)


def _left_out(bounce: Bounce, subject: str) -> frozenset[str]:
    return _NOT_FOR.get(subject, frozenset()) | _NEEDS_A_PROBE | (_NOT_ON_PREMISES if bounce.on_premises else set())


def _documented_code(bounce: Bounce) -> str | None:
    code = documented_code(bounce)
    listed = code is not None and code != bounce.code and (bounce.on_premises or bounce.code in HEADLINES)
    return code if listed else None


# --- causes ----------------------------------------------------------------------------------------------------

_ORDER = tuple(CauseVerdict)
_LIKELY = frozenset({CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED})


def _causes(bounce: Bounce, subject: str, facts: Mapping[str, str], words: Catalogue) -> tuple[Cause, ...]:
    """Those of every class it can be, what is most sure first."""
    classes, left_out = _classes(bounce), _left_out(bounce, subject)
    found = []
    for identifier in dict.fromkeys(one for each in classes for one in by_class_alone(each)):
        if identifier in left_out:
            continue
        verdict = _verdict(identifier, classes, told=bounce.failure_class is not None)
        found.append(Cause(identifier, verdict, words.causes[identifier], _evidence(bounce, verdict, facts, words)))
    return tuple(sorted(found, key=lambda cause: _ORDER.index(cause.verdict)))


def _verdict(cause: CauseId, classes: Sequence[FailureClass], *, told: bool) -> CauseVerdict:
    """The weakest that any of ``classes`` gives: a message shows less than a probe."""
    given = [by_class_alone(one).get(cause, CauseVerdict.POSSIBLE) for one in classes]
    # Exchange Online stops at the first fault of a certificate, so the others are still open; and its DNS servers may
    # fail because they still ask the name servers of before a move.
    open_stages = (Stage.CERTIFICATE, Stage.DNS)
    left_open = all(PROFILES[one].stage in open_stages for one in classes)
    if all(one is CauseVerdict.RULED_OUT for one in given) and told and not left_open:
        return CauseVerdict.RULED_OUT
    if CauseVerdict.RULED_OUT in given or not told:
        return CauseVerdict.POSSIBLE
    return max(given, key=_ORDER.index)


def _evidence(bounce: Bounce, verdict: CauseVerdict, facts: Mapping[str, str], words: Catalogue) -> tuple[str, ...]:
    if verdict is CauseVerdict.CONFIRMED and bounce.message is not None:
        return (fill(words.explain["message-says"], facts),)
    return ()


# --- remedies and notes ----------------------------------------------------------------------------------------


def _remedies(bounce: Bounce, subject: str, facts: Mapping[str, str], words: Catalogue) -> tuple[Remedy, ...]:
    left_out = _left_out(bounce, subject) | (frozenset() if bounce.message else {_NEEDS_A_REPLY})
    found = []
    if (own := words.explain.get(f"do-{subject}")) is not None:
        found.append(Remedy(subject, own))
    if bounce.code in _MANY_FAULTS and bounce.failure_class is None and not bounce.on_premises:
        found.append(Remedy("find-message", words.explain["find-message"], (fill("probe {host}", facts),)))
    if bounce.thumbprint is not None:
        left_out |= {"check-appliance"}  # find-thumbprint says it with the certificate's own mark
    likely = {CauseId(one.id) for one in _causes(bounce, subject, facts, words) if one.verdict in _LIKELY}
    for identifier in usual_remedies(_classes(bounce), likely):
        if identifier not in left_out:
            remedy = words.remedies[identifier]
            commands = tuple(fill(command, facts) for command in remedy.commands)
            found.append(Remedy(identifier, fill(remedy.text, facts), commands))
    if bounce.thumbprint is not None:
        found.append(Remedy("find-thumbprint", fill(words.explain["find-thumbprint"], facts)))
    if subject in HEADLINES:
        found.append(Remedy("contact-partner", words.explain["if-partner"]))
    return tuple(found)


def _notes(bounce: Bounce, facts: Mapping[str, str], words: Catalogue) -> list[str]:
    say = words.explain
    documented = _documented_code(bounce)
    facts = Facts(facts)
    if documented is not None:
        facts = Facts(facts, code=documented, title=headline_of(MailFlowCode(documented), words))
    keys = []
    if bounce.on_premises:
        keys.append("of-exchange-server" if documented is None else "counterpart")
    elif documented is not None:
        keys.append("documented-as")
    if bounce.alternatives:
        titles = dict.fromkeys(words.classes[one].title for one in bounce.alternatives)
        facts = Facts(facts, classes=words.facts["between-sources"].join(titles))
        keys.append("also-possible")
    if bounce.failure_class is not None and PROFILES[bounce.failure_class].stage is Stage.CERTIFICATE:
        keys.append("one-at-a-time")
    if bounce.final:
        keys.append("final")
    elif bounce.on_premises:
        keys.append("pending-on-premises")
    elif bounce.code in HEADLINES:
        keys.append("pending")
    return [fill(say[key], facts) for key in keys]


def _facts(bounce: Bounce) -> Facts:
    """For the catalogue's templates. A paste can hold anything as a server: commands get only what is a host."""
    host = host_of(bounce)
    parent = ".".join(host.split(".")[-2:]) if host is not None and not is_address(host) else host
    return Facts(
        server=host or "<server>",
        host=host or "<server>",
        address=bounce.address or "",
        address_or_server=bounce.address or host or "<server>",
        port=str(bounce.port or 25),
        parent=parent or "<domain>",
        expected=bounce.expected_subject or host or "<name>",
        identity="<connector>",
        message=bounce.message or "",
        thumbprint=bounce.thumbprint or "",
    )


def host_of(bounce: Bounce) -> str | None:
    """The server, or else the address, as a host that can be probed; None where the text names none."""
    for text in (bounce.server, bounce.address):
        try:
            if text is not None:
                return parse_smart_host(text).host
        except InvalidNameError:
            continue
    return None
