"""The facts of one attempt as short texts: what the catalogue's templates are filled with.

Everything in here is safe to print; nothing in here is a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from connector_probe.diagnosis.dns.facts import dns_facts
from connector_probe.diagnosis.dns.mx_origin import mx_hint
from connector_probe.diagnosis.dns.nameserver_facts import trust_facts
from connector_probe.diagnosis.dns.rules import ANSWERED, deciding_lookup
from connector_probe.diagnosis.local_clock import ClockSign
from connector_probe.diagnosis.middlebox_facts import hints, middlebox_facts
from connector_probe.diagnosis.policies.facts import policy_facts
from connector_probe.diagnosis.replies import refusal
from connector_probe.diagnosis.revocation import facts_of_revocation
from connector_probe.diagnosis.rules import classify_plain, speaks_implicit_tls
from connector_probe.diagnosis.signs import overwritten_command
from connector_probe.diagnosis.view import DANE_DECIDES, View
from connector_probe.model.connector import Connector
from connector_probe.model.evidence import (
    AttemptEvidence,
    Certificate,
    CertificateEvidence,
    CertificateProblemKind,
    Exchange,
    FaultKind,
    LookupStatus,
)
from connector_probe.model.names import is_address
from connector_probe.model.printable import printable
from connector_probe.model.verdict import FailureClass
from connector_probe.protocol.identity import NameOutcome
from connector_probe.protocol.name_hints import hint
from connector_probe.protocol.smtp import capabilities
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import (
    MAX_NAMES,
    Facts,
    day,
    describe_fault,
    describe_lookup,
    endpoint,
    fill,
    pasteable,
    problem_list,
    quote,
    span,
    word,
)

MAX_CLOCK_SIGNS = 3
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ", re.ASCII)
_ISSUER_URL = re.compile(r" \((https?://[^ ]+)\)$")  # as the note of MISSING_INTERMEDIATE ends


def facts_of(view: View, connector: Connector, words: Catalogue) -> Facts:
    """All facts that any sentence about this attempt may use."""
    evidence = view.evidence
    facts = Facts(
        server=evidence.server,
        address=evidence.address or "",
        address_or_server=evidence.address or pasteable(evidence.server),
        dial=_dial(evidence),
        host=pasteable(evidence.server),
        port=str(evidence.port),
        endpoint=endpoint(evidence),
        expected=view.expected,
        mode=str(view.mode),
        identity=printable(connector.name).replace("'", "''") if connector.named else "<connector>",
        domain=evidence.resolution.mx_domain or evidence.server,
        mx_domain=pasteable(evidence.resolution.mx_domain or evidence.server),
        probed=_probed(evidence),
        parent=pasteable(_parent(evidence.resolution.mx_domain or evidence.server)),
        source=connector.source_address or "",
        recipient=connector.rcpt or "",
        excluded=", ".join(evidence.resolution.excluded),
        earlier=words.listed(dict.fromkeys(_class_title(one, words) for one in evidence.earlier_failures)),
        tries=str(len(evidence.earlier_failures) + 1),
    )
    facts.update(_dns(evidence, words))
    facts.update(dns_facts(view, words))
    facts.update(trust_facts(view, facts, words))
    facts.update(_connection(evidence, words))
    if evidence.certificate is not None:
        signs = (sign for found in (view.dnssec_clock_signs, *view.clock_signs.values()) for sign in found)
        facts.update(judged_at=day(evidence.certificate.judged_at), clock_hint=clock_hint(signs, words))
    facts.update(_conversation(view, words))
    facts.update(_tls(view, words))
    refused = refusal(evidence)
    if refused is not None and refused.reply is not None:
        facts["said"] = fill(words.text["it-said"], facts)
    elif facts["alert"]:
        facts["said"] = fill(words.text["it-sent-alert"], facts)
    if speaks_implicit_tls(view):
        facts["sample_note"] = words.text["implicit-tls"]
    facts.update((name, quote(value)) for name, value in middlebox_facts(view).items())
    for name, key in hints(view):
        facts[name] = fill(words.facts[key], facts)
    facts.update(_certificate(view, words))
    if view.clock_signs and view.judged_problems[:1] and view.judged_problems[0] not in view.clock_signs:
        facts["more_problems"] += fill(words.facts["clock-unsure"], facts)
    facts["more_problems"] += facts["appliance_hint"]
    facts.update({key: quote(text) for key, text in facts_of_revocation(evidence, words).items()})
    facts.update(_missing_issuers(evidence, words))
    facts.update(policy_facts(view, words))
    beside = mx_hint(view)
    if beside is not None:
        facts["sts_mx_hint"] = words.text["between-sentences"] + fill(words.evidence[beside], facts)
    trouble = classify_plain(view) if view.dane_state in DANE_DECIDES else None
    if trouble is not None:  # what DANE gives a code of its own: said in the words of the fault itself
        facts["trouble"] = fill(words.classes[trouble].detail, facts)
    return facts


def _class_title(value: str, words: Catalogue) -> str:
    """A failure class, as a saved report has it, in words."""
    return next((one.title for failure, one in words.classes.items() if failure.value == value), value)


def clock_hint(signs: Iterable[ClockSign], words: Catalogue) -> str:
    """What speaks against this machine's clock, behind what it says; each once, and not many."""
    told = []
    for sign in list(dict.fromkeys(signs))[:MAX_CLOCK_SIGNS]:
        number, _, total = sign.by.partition("/")
        facts = {"number": number, "total": total, "clock_by": quote(sign.by), "released": day(sign.told).split()[0]}
        told.append(fill(words.facts[sign.key], facts | {"clock_time": day(sign.told)}))
    return words.facts["between-clock-signs"].join(told)


def _dial(evidence: AttemptEvidence) -> str:
    """Address and port as commands take them, an IPv6 address in brackets (RFC 3986 3.2.2)."""
    host = evidence.address or pasteable(evidence.server)
    return f"[{host}]:{evidence.port}" if ":" in host else f"{host}:{evidence.port}"


def _probed(evidence: AttemptEvidence) -> str:
    """What a command line of ours names: the domain that is followed by its MX records, or the smart host."""
    domain = evidence.resolution.mx_domain
    return pasteable(evidence.server) if domain is None else f"--mx {pasteable(domain)}"


def _parent(name: str) -> str:
    """The registered domain, roughly: for a command that a person completes."""
    labels = name.split(".")
    return ".".join(labels[-2:]) if len(labels) > 2 and not is_address(name) else name


def _dns(evidence: AttemptEvidence, words: Catalogue) -> dict[str, str]:
    lookup, control = deciding_lookup(evidence), evidence.resolution.control
    if lookup is None:
        return {}
    mx = evidence.resolution.mx_lookup
    hint = ""
    if mx is not None and mx.status not in ANSWERED:
        hint = fill(words.facts["mx-unknown-hint"], {"lookup": describe_lookup(mx, words)})
    elif evidence.resolution.preference is not None and is_address(evidence.server.strip("[]")):
        hint = fill(words.facts["mx-address-hint"], {"domain": evidence.resolution.mx_domain or ""})
    elif evidence.resolution.preference is not None:
        hint = fill(words.facts["mx-host-hint"], {"domain": evidence.resolution.mx_domain or ""})
    elif evidence.resolution.smart_host is not None:  # its null MX is the second thing that was asked for
        hint = words.facts["no-address-hint"]
    elif lookup.status is LookupStatus.NODATA and (not mx.records if mx else evidence.resolution.mx_domain is not None):
        hint = words.facts["no-mx-hint"]
    if lookup.aliases:
        hint += fill(words.facts["alias-hint"], {"server": lookup.name})
    elif "." not in lookup.name and evidence.resolution.preference is None:
        hint += words.facts["short-name-hint"]
    answers = control is not None and control.status in ANSWERED
    return {
        "queried": lookup.last_name,
        "nameserver": lookup.nameserver or "",
        "rcode": lookup.rcode or str(lookup.status).upper(),
        "lookup": describe_lookup(lookup, words),
        "rdtype": lookup.rdtype,
        "aliases": quote(" -> ".join((lookup.name, *lookup.aliases[:MAX_NAMES]))),
        "control": describe_lookup(control, words) if control is not None else "",
        "null_mx": quote(", ".join(lookup.records[:MAX_NAMES])),
        "mx_hint": hint,
        "nameserver_alive": words.facts["nameserver-answers" if answers else "nameserver-there"],
    }


def _connection(evidence: AttemptEvidence, words: Catalogue) -> dict[str, str]:
    if evidence.connection is None:
        return {}
    fault = evidence.connection.fault
    found = {"connect_seconds": span(evidence.connection.seconds)}
    if fault is not None:
        found["fault"] = describe_fault(fault, words)
    return found


def _conversation(view: View, words: Catalogue) -> dict[str, str]:
    evidence = view.evidence
    exchange = refusal(evidence)
    found: dict[str, str] = {}
    malformed = next(
        (one for one in (evidence.helo, evidence.ehlo, evidence.banner) if one and one.reply and one.reply.flaws), None
    )
    failure = classify_plain(view)
    if failure is FailureClass.BANNER_NOT_SMTP:  # what came later was refused for reasons of its own
        exchange = evidence.banner
    elif failure is FailureClass.EHLO_MALFORMED:
        exchange = evidence.helo or evidence.ehlo
    exchange = exchange or malformed or evidence.banner
    if exchange is not None:
        found |= _exchange(exchange, words)
    if evidence.ehlo is not None:
        found["helo_name"] = quote(evidence.ehlo.command.partition(" ")[2])
        if evidence.ehlo.reply is not None:
            found["ehlo_reply"] = quote(evidence.ehlo.reply.wire)
    if evidence.banner is not None:
        found["behind"] = quote(evidence.banner.behind)
    overwritten = overwritten_command(evidence)
    if overwritten:
        found["overwritten"] = quote(overwritten)
    greeting = view.greeting
    if greeting is not None:
        able = capabilities(greeting)
        keywords = [keyword for keyword, _ in able.keywords]
        found["keywords"] = quote(" ".join(keywords)) or words.facts["no-keyword"]
        found["masked"] = quote(" ".join(able.masked_keywords))
    return found


def _exchange(exchange: Exchange, words: Catalogue) -> dict[str, str]:
    found = {"waited": span(exchange.seconds), "sample": quote(exchange.sample)}
    found["sample_note"] = fill(words.facts["had-sent"], found) if exchange.sample else ""
    if exchange.fault is not None:
        found["fault"] = describe_fault(exchange.fault, words)
        found["alert"] = exchange.fault.alert or ""
    if exchange.reply is not None:
        found["refused_command"] = quote(exchange.command)
        found["refused_verb"] = exchange.command.partition(" ")[0]
        found["reply"] = quote(exchange.reply.wire)
        found["sample"] = quote(exchange.reply.wire)
        found["flaws"] = words.listed(word("flaw", one, words) for one in exchange.reply.flaws)
    else:
        found["flaws"] = word("garble", exchange.garble, words) if exchange.garble else ""
    return found


def _tls(view: View, words: Catalogue) -> dict[str, str]:
    handshake = view.evidence.handshake
    if handshake is None:
        return {}
    found = {"injected": handshake.injected}
    if handshake.session is not None:
        found |= {"cipher": handshake.session.cipher, "version": handshake.session.version}
        version = {"version": _version_name(handshake.session.version)}
        found["tls_version_seen"] = fill(words.facts["tls-at-most"], version)
    fault = handshake.fault
    if fault is not None:
        found["waited"] = span(handshake.seconds)
        found["fault"] = describe_fault(fault, words)
        found["stranded"] = str(fault.stranded)
        found["alert"] = fault.alert or ""
        found["tls_sample"] = quote(fault.text if fault.kind is FaultKind.NOT_TLS else handshake.injected)
        said = fill(words.facts["tls-alert"], found) if fault.alert else fault.text
        found["tls_version_seen"] = fill(words.facts["tls-none"], {"said": said})
    return found


def _version_name(version: str) -> str:
    """ "TLS 1.0" for OpenSSL's "TLSv1"."""
    name = version.replace("TLSv", "TLS ")
    return name if "." in name or not name.startswith("TLS") else f"{name}.0"


def _certificate(view: View, words: Catalogue) -> dict[str, str]:
    certificate = view.evidence.certificate
    if certificate is None or not certificate.chain:
        return {}
    leaf = certificate.chain[0]
    names = leaf.names or (leaf_name(leaf) or words.facts["no-name"],)
    shown = ", ".join(names[:MAX_NAMES])
    if len(names) > MAX_NAMES:
        shown = fill(words.facts["more-names"], {"names": shown, "number": str(len(names) - MAX_NAMES)})
    found = {
        "not_after": day(leaf.not_after),
        "not_before": day(leaf.not_before),
        "names": quote(shown),
        "leaf_key": leaf.key,
        "trust": certificate.trust,
        "top_issuer": _top_issuer(view),
        "problem_list": problem_list((one.kind for one in view.problems), words),
    }
    problems = view.judged_problems or view.problems
    if problems:
        first = problems[0]
        found["problem_subject"] = quote(first.subject or leaf.subject or words.facts["the-certificate"])
        found["problem_note"] = quote(_readable(first.note) or word("problem", first.kind, words))
        kinds = {one.kind for one in problems}
        if {CertificateProblemKind.MISSING_INTERMEDIATE, CertificateProblemKind.UNTRUSTED_ROOT} <= kinds:
            found["chain_hint"] = fill(words.text["or-private-ca"], found)
        elif first.kind is CertificateProblemKind.MISSING_INTERMEDIATE and _is_sent_by_name(certificate, found):
            found["chain_hint"] = words.facts["issuer-with-other-key"]
        elif first.kind is CertificateProblemKind.UNTRUSTED_ROOT and not _is_settled(view, found):
            found["chain_hint"] = fill(words.text["or-private-ca"], found)
        found["name_hint"] = _name_hint(view, words)
        # Behind one that stands, what hangs on a doubtful clock is told by itself.
        rest = (one for one in problems[1:] if one not in view.clock_signs or first in view.clock_signs)
        others = problem_list((one.kind for one in rest if one.kind is not first.kind), words)
        found["more_problems"] = fill(words.facts["more-problems"], {"problems": others}) if others else ""
    return found


def _is_settled(view: View, found: Mapping[str, str]) -> bool:
    """Whether it is known that the chain's last issuer is a root: it was sent itself, or looked for."""
    certificate = view.evidence.certificate
    sent = certificate is not None and any(one.subject == found["top_issuer"] for one in certificate.chain)
    return sent or view.evidence.missing_issuers is not None


def _is_sent_by_name(certificate: CertificateEvidence, found: Mapping[str, str]) -> bool:
    """Whether a certificate of the missing issuer's name is among those sent: then it has another key."""
    return any(one.subject == found["top_issuer"] for one in certificate.chain[1:])


def leaf_name(leaf: Certificate) -> str:
    """What names a certificate that carries no names: its CN, else its whole subject; "" where there is neither."""
    return f"CN={leaf.common_name}" if leaf.common_name else leaf.subject


def _name_hint(view: View, words: Catalogue) -> str:
    """How the nearest name misses the expected one."""
    certificate, found = view.evidence.certificate, view.name_match
    if certificate is None or found is None or found.outcome is not NameOutcome.MISMATCH or not found.nearest:
        return ""
    told = hint(certificate.chain[0], view.expected, found.nearest)
    facts = Facts(near=quote(told.near), near_domain=told.domain, expected=view.expected)
    return fill(words.facts[f"name-{told.kind}"], facts)


def _missing_issuers(evidence: AttemptEvidence, words: Catalogue) -> dict[str, str]:
    """Where the issuers are that the server does not send, as the certificates themselves say."""
    missing = evidence.missing_issuers
    if missing is None:
        return _named_issuer(evidence, words)
    had = [one for one in missing.found if not one.error]
    failed = next((one for one in missing.found if one.error), None)
    facts = Facts(issuer_top=quote(missing.top))
    if failed is not None:
        facts.update(issuer_url=quote(failed.url), issuer_error=quote(failed.error))
    if not had:
        return {"issuer_hint": fill(words.facts["issuer-unfetched"], facts)}
    told = [{"subject": one.subject, "sha1": one.sha1, "url": one.url} for one in had]
    listed = quote(words.facts["between-sources"].join(fill(words.facts["issuer-listed"], one) for one in told))
    # The first one has its name in the sentence already.
    facts["issuers"] = listed if len(had) > 1 else quote(fill(words.facts["issuer-only"], told[0]))
    key = "issuer-completes" if missing.completes else "issuer-not-enough" if failed is None else "issuer-unfinished"
    return {
        "issuer_hint": fill(words.facts[key], facts),
        "install_hint": fill(words.facts["issuer-install"], {"issuers": listed}),
    }


def _readable(note: str) -> str:
    """A note that is a time as everywhere else, "2026-01-31 12:00 UTC"."""
    found = _TIME.fullmatch(note)
    return f"{found[1]} {found[2]} UTC" if found else note


def _named_issuer(evidence: AttemptEvidence, words: Catalogue) -> dict[str, str]:
    """Where a certificate says that its issuer is, when nobody went there."""
    problems = evidence.certificate.problems if evidence.certificate is not None else ()
    notes = [one.note for one in problems if one.kind is CertificateProblemKind.MISSING_INTERMEDIATE]
    named = _ISSUER_URL.search(notes[0]) if notes else None
    return {} if named is None else {"issuer_hint": fill(words.facts["issuer-named"], {"issuer_url": quote(named[1])})}


def _top_issuer(view: View) -> str:
    certificate = view.evidence.certificate
    if certificate is None or not certificate.chain:
        return ""
    by_subject = {one.subject: one for one in certificate.chain}
    top = certificate.path[-1] if certificate.path else certificate.chain[0].subject
    return quote(by_subject[top].issuer if top in by_subject else top)
