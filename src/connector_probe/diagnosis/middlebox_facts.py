"""Facts about middleboxes, moods and other protocols, and which hints a class's sentence gets."""

from __future__ import annotations

from connector_probe.diagnosis.signs import (
    another_host,
    greets_at_times,
    hides_starttls,
    other_protocol,
    overwritten_command,
    private_keywords,
    replies_come_late,
    takes_unlisted_starttls,
    waits_for_proxy_header,
)
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import Control, Exchange
from connector_probe.model.notation import quote
from connector_probe.model.sentence import Facts, Phrase
from connector_probe.protocol.appliances import appliance
from connector_probe.protocol.refusals import Refusal
from connector_probe.protocol.smtp import capabilities, masked_banner

PROTOCOL_NAMES = {
    "http": "HTTP",
    "ssh": "SSH",
    "imap": "IMAP",
    "pop3": "POP3",
    "managesieve": "ManageSieve",
    "tls": "TLS",
    "proxy-protocol": "PROXY protocol",
    "mysql": "MySQL",
    "vnc": "VNC",
    "telnet": "Telnet",
    "ftp": "FTP",
    "nntp": "NNTP",
}


def middlebox_facts(view: View) -> Facts:
    """Short texts, of which a server's words are cut to what a sentence takes."""
    evidence = view.evidence
    found: Facts = {}
    protocol, sample = other_protocol(evidence)
    if protocol:
        found["protocol"] = PROTOCOL_NAMES.get(protocol, protocol)
        found["other_sample"] = quote(sample.split(r"\x0d", 1)[0])
    control = evidence.control or view.context.run.unreached
    if control is not None:
        found |= _control(control)
        found["own_banner"] = quote(_said(evidence.banner)) if evidence.banner is not None else ""
    if evidence.proxied is not None and evidence.proxied.banner.reply is not None:
        found["proxied_reply"] = quote(evidence.proxied.banner.reply.wire)
    if view.refusal is not None:
        found["refusal_words"] = quote(view.refusal_words[1])
    if view.greeting is not None:
        found["private_keywords"] = quote(" ".join(private_keywords(view.greeting)))
    if (fault := evidence.connect_fault) is not None:
        found |= {"icmp": fault.icmp, "icmp_from": fault.icmp_from}
    if evidence.unlisted_starttls is not None and evidence.unlisted_starttls.reply is not None:
        found["starttls_answer"] = quote(evidence.unlisted_starttls.reply.wire)
    if (leaf := evidence.leaf) is not None:
        found |= {"leaf_subject": quote(leaf.subject), "leaf_issuer": quote(leaf.issuer)}
        devices = (appliance(one) for one in evidence.chain)
        found["appliance"] = quote(next((one for one in devices if one is not None), ""))
        found["greeting_name"] = another_host(evidence, view.expected) or ""
    return found


def hints(view: View) -> Facts:
    """Facts that are parts of a sentence."""
    evidence, found = view.evidence, Facts()
    fault = evidence.connect_fault
    found["refused_by"] = Phrase("by-icmp" if fault is not None and fault.icmp else "by-reset")
    matters = evidence.control is not None and evidence.control.source_matters
    found["source_unusable"] = Phrase("nothing-back-to-source" if matters else "nothing-leaves-from")
    if ":" in (evidence.address or ""):
        found["ipv6_hint"] = Phrase("ipv6-hint")
    silent = evidence.banner is not None and evidence.banner.reply is None
    if waits_for_proxy_header(evidence):
        found["sample_note"] = Phrase("proxy-hint")
    elif greets_at_times(evidence):
        found["sample_note"] = Phrase("greeted-later-hint")
    elif other_protocol(evidence)[0]:
        found["protocol_hint"] = Phrase("protocol")
        found["ehlo_hint"] = Phrase("protocol-in-greeting")
        if silent and evidence.banner is not None and not evidence.banner.sample:
            found["sample_note"] = Phrase("other-protocol-hint")
    if view.refusal_kind in (Refusal.RATE, Refusal.SOURCE):
        found["source_hint"] = Phrase("source-hint")
    elif view.refusal_kind is Refusal.HELO:
        found["source_hint"] = Phrase("helo-name-hint")
    elif evidence.mail is not None and evidence.recipient is None and view.refusal_kind is None:
        found["source_hint"] = Phrase("null-sender-hint")
    if replies_come_late(evidence):
        found["ehlo_hint"] = Phrase("replies-late-hint")
    elif evidence.banner is not None and evidence.banner.behind:
        found["ehlo_hint"] = Phrase("unasked-hint")
    elif evidence.helo is not None and not other_protocol(evidence)[0]:
        found["ehlo_hint"] = Phrase("ehlo-refused-too")
    named = view.name_match is not None and view.name_match.matches
    if evidence.leaf is not None and not named and appliance(evidence.leaf) is not None:
        found["appliance_hint"] = Phrase("appliance-hint")
    handshake, by_address = evidence.handshake, evidence.server == evidence.address
    alert = handshake.fault.alert if handshake is not None and handshake.fault is not None else None
    if alert == "handshake_failure":
        found["alert_hint"] = Phrase("handshake-failure-hint")
    elif alert == "internal_error" and by_address:
        found["alert_hint"] = Phrase("sni-perhaps-hint")
    elif alert == "unrecognized_name" or (alert == "illegal_parameter" and "_" in evidence.server):
        # GnuTLS and Java take an underscore for no name at all.
        found["alert_hint"] = Phrase("sni-missing-hint" if by_address else "sni-unknown-hint")
    if evidence.control is not None and evidence.banner is not None:
        found["intercepted"] = Phrase("intercepted-silence" if evidence.banner.reply is None else "intercepted-words")
    found["no_starttls"] = Phrase("ehlo-refused" if evidence.helo is not None else "starttls-missing")
    if overwritten_command(evidence):
        found["overwritten_hint"] = Phrase("overwritten-hint")
    if hides_starttls(view.greeting):
        found["starttls_hint"] = Phrase("anonymoustls-hint")
    elif view.greeting is not None and capabilities(view.greeting).masked_keywords:
        found["starttls_hint"] = Phrase("masked-hint")
    elif takes_unlisted_starttls(evidence):
        found["starttls_hint"] = Phrase("starttls-taken-hint")
    elif evidence.banner is not None and evidence.banner.reply is not None and masked_banner(evidence.banner.reply):
        found["starttls_hint"] = Phrase("banner-masked-hint")
    return found


def _control(control: Control) -> Facts:
    found = Facts(control_host=control.host, control_address=control.address)
    found["offline"] = Phrase("offline" if control.again is None else "offline-since")
    if control.again is not None:
        found |= {"again_fault": control.again.text or str(control.again.kind), "again_host": control.again_host}
    if control.lookup is not None:
        found["control_nameserver"] = control.lookup.nameserver or ""
    if control.banner is not None:
        found |= {"control_banner": quote(_said(control.banner)), "control_fault": quote(_ended(control.banner))}
    if control.ehlo is not None and control.ehlo.reply is not None:
        keywords = " ".join(capabilities(control.ehlo.reply).keywords)
        found["control_keywords"] = quote(keywords) or "-"
    return found


def _said(exchange: Exchange) -> str:
    return exchange.reply.wire if exchange.reply is not None else exchange.sample


def _ended(exchange: Exchange) -> str:
    if exchange.fault is not None:
        return exchange.fault.text or str(exchange.fault.kind)
    return exchange.sample
