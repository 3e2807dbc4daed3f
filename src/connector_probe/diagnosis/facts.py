"""The facts of one attempt: what the catalogue's templates are filled with.

Everything in here is safe to print. Which part of a sentence is said is decided here; its words are not known here.
"""

from __future__ import annotations

import re
from dataclasses import replace

from connector_probe.diagnosis.dns.facts import dns_facts, label, said, trust_facts
from connector_probe.diagnosis.dns.mx_origin import mx_hint, mx_origin
from connector_probe.diagnosis.dns.rules import ANSWERED, alias_circle, deciding_lookup
from connector_probe.diagnosis.middlebox_facts import hints, middlebox_facts
from connector_probe.diagnosis.phrases import clock_hint, leaf_name, problem_list, readable
from connector_probe.diagnosis.policies.facts import policy_facts
from connector_probe.diagnosis.revocation import facts_of_revocation
from connector_probe.diagnosis.rules import DANE_RENAMES, classify_plain
from connector_probe.diagnosis.signs import overwritten_command, refusal, speaks_implicit_tls
from connector_probe.diagnosis.view import View
from connector_probe.model.connector import SMTP_PORT, Connector
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateEvidence,
    CertificateProblemKind,
    Connection,
    Exchange,
    FaultKind,
    Handshake,
    LookupStatus,
)
from connector_probe.model.names import host_port, is_address
from connector_probe.model.notation import MAX_NAMES, day, endpoint, pasteable, quote, span
from connector_probe.model.printable import printable
from connector_probe.model.sentence import (
    Facts,
    Listed,
    Phrase,
    Short,
    Value,
    Word,
    joined,
    listed,
    next_sentence,
    some,
)
from connector_probe.model.verdict import FailureClass
from connector_probe.protocol.identity import NameOutcome, plain
from connector_probe.protocol.mail_servers import mail_server
from connector_probe.protocol.name_hints import hint
from connector_probe.protocol.smtp import capabilities

_ISSUER_URL = r" \((https?://[^ ]+)\)$"  # as the note of MISSING_INTERMEDIATE ends


def facts_of(view: View, connector: Connector, failure: FailureClass | None) -> Facts:
    """All facts that any sentence may use about this attempt, which failed with ``failure``, or with nothing."""
    evidence = view.evidence
    domain = evidence.resolution.mx_domain or evidence.server
    facts = Facts(
        server=evidence.server,
        address=evidence.address or "",
        address_or_server=evidence.address or pasteable(evidence.server),
        dial=host_port(evidence.address or pasteable(evidence.server), evidence.port),  # where openssl connects to
        host=pasteable(evidence.server),
        port=str(evidence.port),
        endpoint=endpoint(evidence),
        expected=view.expected,
        mode=str(view.mode),
        identity=printable(connector.name).replace("'", "''") if connector.named else "<connector>",
        domain=domain,
        mx_domain=pasteable(domain),
        probed=_probed(evidence),
        parent=pasteable(_parent(domain)),
        source=connector.source_address or "",
        excluded=", ".join(evidence.resolution.excluded),
        earlier=listed(Word("class", one) for one in evidence.earlier_failures),
        tries=str(len(evidence.earlier_failures) + 1),
    )
    facts |= _dns(evidence)
    facts |= dns_facts(view)
    facts |= trust_facts(view)
    facts |= _connection(evidence, failure)
    if evidence.certificate is not None:
        signs = (sign for found in (view.dnssec_clock_signs, *view.clock_signs.values()) for sign in found)
        facts |= {"judged_at": day(evidence.certificate.judged_at), "clock_hint": clock_hint(signs)}
    facts |= _conversation(view, failure)
    facts |= _tls(view)
    if view.refusal is not None:
        facts["said"] = Phrase("it-said")
    elif facts.get("alert"):
        facts["said"] = Phrase("it-sent-alert")
    if speaks_implicit_tls(view.evidence):
        facts["sample_note"] = Phrase("implicit-tls")
    facts |= middlebox_facts(view)
    facts |= hints(view)
    facts |= _certificate(view)
    more = [facts[key] for key in ("more_problems",) if facts.get(key)]
    if view.clock_signs and view.judged_problems[:1] and view.judged_problems[0] not in view.clock_signs:
        more.append(Phrase("clock-unsure"))
    if "appliance_hint" in facts:
        more.append(facts["appliance_hint"])
    if evidence.certificate is not None and evidence.certificate.as_of_given:
        more.append(Phrase("judged-as-of"))
    facts["more_problems"] = joined(*more) if more else ""
    facts |= facts_of_revocation(evidence)
    facts |= _missing_issuers(evidence)
    facts |= policy_facts(view)
    origin, beside = mx_origin(view), mx_hint(view)
    if origin is not None and origin.same is not None:
        facts |= {"same_label": label(origin.same), "same_said": said(origin.same)}
    if beside is not None:
        facts["sts_mx_hint"] = next_sentence(Phrase(beside))
    if failure is FailureClass.LOCAL_DEADLINE:
        facts |= _deadline(evidence)
    if failure in DANE_RENAMES:  # what DANE gives a code of its own: said in the words of the fault itself
        own = classify_plain(view)
        bare = own is FailureClass.STARTTLS_NOT_OFFERED  # it is not the connector that requires TLS
        facts["trouble"] = Phrase("dane-no-starttls" if bare else f"detail-{own}")
    return facts


def _probed(evidence: AttemptEvidence) -> str:
    """What a command line of ours names: the domain that is followed by its MX records, or the smart host."""
    domain = evidence.resolution.mx_domain
    host = pasteable(evidence.server if domain is None else domain)
    if evidence.port != SMTP_PORT:
        host = host_port(host, evidence.port)
    return host if domain is None else f"--mx {host}"


def _parent(name: str) -> str:
    """The registered domain, roughly: for a command that a person completes."""
    labels = name.split(".")
    return ".".join(labels[-2:]) if len(labels) > 2 and not is_address(name) else name


def _dns(evidence: AttemptEvidence) -> Facts:
    lookup, control = deciding_lookup(evidence), evidence.resolution.control
    if lookup is None:
        return {}
    mx, domain = evidence.resolution.mx_lookup, evidence.resolution.mx_domain or ""
    hints_: list[Value] = []
    if mx is not None and mx.status not in ANSWERED:
        hints_.append(Phrase("mx-unknown-hint", {"lookup": mx}))
        if not domain:
            hints_.append(Phrase("domain-hint", {"domain": pasteable(evidence.server)}))
    elif evidence.resolution.preference is not None and is_address(evidence.server.strip("[]")):
        hints_.append(Phrase("mx-address-hint", {"domain": domain}))
    elif evidence.resolution.preference is not None:
        hints_.append(Phrase("mx-host-hint", {"domain": domain}))
    elif evidence.resolution.smart_host is not None:  # its null MX is the second thing that was asked for
        hints_.append(Phrase("no-address-hint"))
    elif lookup.status is LookupStatus.NODATA and (not mx.records if mx else evidence.resolution.mx_domain is not None):
        hints_.append(Phrase("no-mx-hint"))
    if lookup.aliases:
        hints_.append(Phrase("alias-hint", {"server": lookup.name}))
    elif "." not in lookup.name and evidence.resolution.preference is None:
        hints_.append(Phrase("short-name-hint"))
    answers = control is not None and control.status in ANSWERED
    found = Facts(
        queried=lookup.last_name,
        nameserver=lookup.nameserver or Phrase("system-nameserver"),
        rcode=lookup.rcode or str(lookup.status).upper(),
        lookup=lookup,
        rdtype=lookup.rdtype,
        aliases=quote(" -> ".join((alias_circle(evidence) or (lookup.name, *lookup.aliases))[: MAX_NAMES + 1])),
        null_mx=quote(", ".join(lookup.records[:MAX_NAMES])),
        mx_hint=joined(*hints_) if hints_ else "",
        nameserver_alive=Phrase("nameserver-answers" if answers else "nameserver-there"),
    )
    if control is not None:
        found["control"] = control
    return found


def _connection(evidence: AttemptEvidence, failure: FailureClass | None) -> Facts:
    if evidence.connection is None:
        return Facts(fault=next((one.fault for one in evidence.resolution.lookups if one.fault is not None), ""))
    found = Facts(connect_seconds=span(evidence.connection.seconds))
    if evidence.connection.fault is not None:
        fault = evidence.connection.fault
        if fault.kind is FaultKind.GATEWAY_SILENT and failure is not FailureClass.LOCAL_GATEWAY:
            fault = replace(fault, kind=FaultKind.HOST_UNREACHABLE, text="")
        found["fault"] = fault
    return found


def _conversation(view: View, failure: FailureClass | None) -> Facts:
    evidence = view.evidence
    exchange = refusal(evidence)
    found: Facts = {}
    malformed = next(
        (one for one in (evidence.helo, evidence.ehlo, evidence.banner) if one and one.reply and one.reply.flaws), None
    )
    if failure is FailureClass.BANNER_NOT_SMTP:  # what came later was refused for reasons of its own
        exchange = evidence.banner
    elif failure is FailureClass.EHLO_MALFORMED:
        exchange = evidence.helo or evidence.ehlo
    exchange = exchange or malformed or evidence.banner
    if exchange is not None:
        found |= _exchange(exchange)
    if evidence.ehlo is not None:
        found["helo_name"] = quote(evidence.ehlo.command.partition(" ")[2])
        if evidence.ehlo.reply is not None:
            found["ehlo_reply"] = quote(evidence.ehlo.reply.wire)
    if evidence.banner is not None and evidence.banner.reply is not None:
        found["mail_server"] = mail_server(evidence.banner.reply) or ""
    if evidence.banner is not None:
        found["behind"] = quote(evidence.banner.behind)
    overwritten = overwritten_command(evidence)
    if overwritten:
        found["overwritten"] = quote(overwritten)
    greeting = view.greeting
    if greeting is not None:
        able = capabilities(greeting)
        found["keywords"] = quote(" ".join(able.keywords)) or Phrase("no-keyword")
        found["masked"] = quote(" ".join(able.masked_keywords))
    return found


def _exchange(exchange: Exchange) -> Facts:
    found = Facts(waited=span(exchange.seconds), sample=quote(exchange.sample))
    found["refused_command"] = quote(exchange.command)
    found["sample_note"] = Phrase("had-sent") if exchange.sample else ""
    if exchange.fault is not None:
        found |= {"fault": exchange.fault, "alert": exchange.fault.alert or ""}
    if exchange.reply is not None:
        found["refused_verb"] = exchange.command.partition(" ")[0]
        found["reply"] = quote(exchange.reply.wire)
        found["sample"] = quote(exchange.reply.wire)
        found["flaws"] = listed(Word("flaw", one) for one in exchange.reply.flaws)
    else:
        found["flaws"] = Word("garble", exchange.garble) if exchange.garble else ""
    return found


def _deadline(evidence: AttemptEvidence) -> Facts:
    """How long each step took before the one that our limit for all of them cut."""
    names: tuple[Value, ...] = (
        *("TCP", Phrase("slow-connection"), "EHLO", "HELO", "STARTTLS"),
        *("TLS", "EHLO", "MAIL", "RCPT"),
    )
    steps: tuple[Connection | Exchange | Handshake | None, ...] = (
        *(evidence.connection, evidence.banner, evidence.ehlo, evidence.helo, evidence.starttls),
        *(evidence.handshake, evidence.ehlo_again, evidence.mail, evidence.recipient),
    )
    *before, (command, cut) = ((name, one) for name, one in zip(names, steps, strict=True) if one is not None)
    took = (Phrase("step-took", {"slow_command": name, "slowest": span(one.seconds)}) for name, one in before)
    return Facts(
        slow_command=command, waited=span(cut.seconds), total=span(cut.start + cut.seconds), in_time=listed(took)
    )


def _tls(view: View) -> Facts:
    handshake = view.evidence.handshake
    if handshake is None:
        return {}
    found = Facts(injected=handshake.injected)
    if handshake.session is not None:
        found |= {"cipher": handshake.session.cipher, "version": handshake.session.version}
        found["tls_version_seen"] = Phrase("tls-at-most", {"version": _version_name(handshake.session.version)})
    fault = handshake.fault
    if fault is not None:
        found["waited"] = span(handshake.seconds)
        found["fault"] = fault
        found["stranded"] = str(fault.stranded)
        found["alert"] = fault.alert or ""
        found["tls_sample"] = quote(fault.text if fault.kind is FaultKind.NOT_TLS else handshake.injected)
        said: Value = Phrase("tls-alert", {"alert": fault.alert}) if fault.alert else fault.text
        found["tls_version_seen"] = Phrase("tls-none", {"said": said})
    return found


def _version_name(version: str) -> str:
    """ "TLS 1.0" for OpenSSL's "TLSv1"."""
    name = version.replace("TLSv", "TLS ")
    return name if "." in name or not name.startswith("TLS") else f"{name}.0"


def _certificate(view: View) -> Facts:
    certificate = view.evidence.certificate
    if certificate is None or not certificate.chain:
        return {}
    leaf = certificate.chain[0]
    names = leaf.names or (leaf_name(leaf),)
    found = Facts(
        not_after=day(leaf.not_after),
        not_before=day(leaf.not_before),
        names=Short(some(names, MAX_NAMES) if any(names) else Phrase("no-name")),
        leaf_key=leaf.key,
        trust=certificate.trust,
        top_issuer=_top_issuer(view),
        problem_list=problem_list(one.kind for one in view.problems),
    )
    problems = view.judged_problems or view.problems
    if problems:
        first = problems[0]
        found["problem_subject"] = quote(first.subject or leaf.subject) or Phrase("the-certificate")
        found["problem_note"] = quote(readable(first.note)) or Word("problem", first.kind)
        kinds = {problem.kind for problem in problems}
        if certificate.root_bar is not None:
            since = day(certificate.root_bar.since).split()[0]
            found["chain_hint"] = Phrase(f"root-barred-{certificate.root_bar.kind}", {"since": since})
        elif certificate.other_roots is not None and certificate.other_roots.trusted and not certificate.is_trusted:
            microsoft = certificate.trust.startswith("microsoft")
            found["chain_hint"] = Phrase("root-trusted-here" if microsoft else "root-trusted-by-exchange")
        elif {CertificateProblemKind.MISSING_INTERMEDIATE, CertificateProblemKind.UNTRUSTED_ROOT} <= kinds:
            found["chain_hint"] = Phrase("or-private-ca")
        elif first.kind is CertificateProblemKind.MISSING_INTERMEDIATE and _is_sent_by_name(certificate, view):
            found["chain_hint"] = Phrase("issuer-with-other-key")
        elif first.kind is CertificateProblemKind.UNTRUSTED_ROOT and not _is_settled(view):
            found["chain_hint"] = Phrase("or-private-ca")
        found["name_hint"] = _name_hint(view)
        # Behind one that stands, what hangs on a doubtful clock is told by itself.
        rest = (one for one in problems[1:] if one not in view.clock_signs or first in view.clock_signs)
        others = [one.kind for one in rest if one.kind is not first.kind]
        told = "more-problems"
        if view.evidence.handshake is None:  # behind a STARTTLS that is not listed: none of them is the failure
            told, others = "no-better-problems", [one.kind for one in view.judged_problems]
        found["more_problems"] = Phrase(told, {"problems": problem_list(others)}) if others else ""
    return found


def _is_settled(view: View) -> bool:
    """Whether it is known that the chain's last issuer is a root: it was sent itself, or looked for."""
    certificate = view.evidence.certificate
    sent = certificate is not None and any(one.subject == _top_issuer(view) for one in certificate.chain)
    return sent or view.evidence.missing_issuers is not None


def _is_sent_by_name(certificate: CertificateEvidence, view: View) -> bool:
    """Whether a certificate of the missing issuer's name is among those sent: then it has another key."""
    return any(one.subject == _top_issuer(view) for one in certificate.chain[1:])


def _name_hint(view: View) -> Value:
    """How the nearest name misses the expected one."""
    certificate, found = view.evidence.certificate, view.name_match
    if certificate is None or found is None or found.outcome is not NameOutcome.MISMATCH or not found.nearest:
        return ""
    if plain(found.nearest) == view.evidence.server:
        return ""  # no other host, but the smart host itself
    told = hint(certificate.chain[0], view.expected, found.nearest)
    facts = Facts(near=quote(found.nearest), near_domain=told.domain, expected=view.expected)
    near = Phrase(f"name-{told.kind}", facts)
    by_address = view.evidence.server == view.evidence.address and not is_address(view.expected)
    return joined(near, Phrase("sni-default-hint")) if by_address else near


def _missing_issuers(evidence: AttemptEvidence) -> Facts:
    """Where the issuers are that the server does not send, as the certificates themselves say."""
    missing = evidence.missing_issuers
    if missing is None:
        return _named_issuer(evidence)
    had = [one for one in missing.found if not one.error]
    failed = next((one for one in missing.found if one.error), None)
    facts = Facts(issuer_top=quote(missing.top))
    if failed is not None:
        facts |= {"issuer_url": quote(failed.url), "issuer_error": quote(failed.error)}
    if not had:
        return {"issuer_hint": Phrase("issuer-unfetched", facts)}
    told = [Facts(subject=one.subject, sha1=one.sha1, url=one.url) for one in had]
    whole = Short(Listed(tuple(Phrase("issuer-listed", one) for one in told), "between-sources"))
    # The first one has its name in the sentence already.
    facts["issuers"] = whole if len(had) > 1 else Short(Phrase("issuer-only", told[0]))
    key = "issuer-completes" if missing.completes else "issuer-not-enough" if failed is None else "issuer-unfinished"
    return {"issuer_hint": Phrase(key, facts), "install_hint": Phrase("issuer-install", {"issuers": whole})}


def _named_issuer(evidence: AttemptEvidence) -> Facts:
    """Where a certificate says that its issuer is, when nobody went there."""
    problems = evidence.certificate.problems if evidence.certificate is not None else ()
    notes = [problem.note for problem in problems if problem.kind is CertificateProblemKind.MISSING_INTERMEDIATE]
    named = re.search(_ISSUER_URL, notes[0]) if notes else None
    return {} if named is None else {"issuer_hint": Phrase("issuer-named", {"issuer_url": quote(named[1])})}


def _top_issuer(view: View) -> str:
    certificate = view.evidence.certificate
    if certificate is None or not certificate.chain:
        return ""
    by_subject = {one.subject: one for one in certificate.chain}
    top = certificate.path[-1] if certificate.path else certificate.chain[0].subject
    return quote(by_subject[top].issuer if top in by_subject else top)
