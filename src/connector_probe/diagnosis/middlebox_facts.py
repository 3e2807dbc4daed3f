"""Facts about middleboxes, moods and other protocols, and which hints a class's sentence gets."""

from __future__ import annotations

from collections.abc import Iterator

from connector_probe.diagnosis.replies import refusal
from connector_probe.diagnosis.signs import (
    greets_at_times,
    hides_starttls,
    other_protocol,
    overwritten_command,
    private_keywords,
    replies_come_late,
    waits_for_proxy_header,
)
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import Control, Exchange
from connector_probe.protocol.appliances import appliance
from connector_probe.protocol.refusals import Refusal, refusal_kind
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


def middlebox_facts(view: View) -> dict[str, str]:
    """Short texts by name; a name that is missing has nothing to say."""
    evidence = view.evidence
    found: dict[str, str] = {}
    protocol, sample = other_protocol(evidence)
    if protocol:
        found |= {"protocol": PROTOCOL_NAMES.get(protocol, protocol), "other_sample": sample.split(r"\x0d", 1)[0]}
    if evidence.control is not None:
        found |= _control(evidence.control)
        found["own_banner"] = _said(evidence.banner) if evidence.banner is not None else ""
    if evidence.proxied is not None and evidence.proxied.banner.reply is not None:
        found["proxied_reply"] = evidence.proxied.banner.reply.wire
    refused = refusal(evidence)
    if refused is not None and refused.reply is not None:
        found["refusal_words"] = refusal_kind(refused.reply)[1]
    if view.greeting is not None:
        found["private_keywords"] = " ".join(private_keywords(view.greeting))
    fault = evidence.connection.fault if evidence.connection is not None else None
    if fault is not None:
        found |= {"icmp": fault.icmp, "icmp_from": fault.icmp_from}
    certificate = evidence.certificate
    if certificate is not None and certificate.chain:
        leaf = certificate.chain[0]
        found |= {"leaf_subject": leaf.subject, "leaf_issuer": leaf.issuer, "appliance": appliance(leaf) or ""}
    return found


def hints(view: View) -> Iterator[tuple[str, str]]:
    """Facts that are half-sentences of the catalogue: the fact's name, and the key in its ``facts``."""
    evidence = view.evidence
    fault = evidence.connection.fault if evidence.connection is not None else None
    yield "refused_by", "by-icmp" if fault is not None and fault.icmp else "by-reset"
    if ":" in (evidence.address or ""):
        yield "ipv6_hint", "ipv6-hint"
    silent = evidence.banner is not None and evidence.banner.reply is None
    if waits_for_proxy_header(evidence):
        yield "sample_note", "proxy-hint"
    elif greets_at_times(evidence):
        yield "sample_note", "greeted-later-hint"
    elif other_protocol(evidence)[0]:
        yield "protocol_hint", "protocol"
        yield "ehlo_hint", "protocol-in-greeting"
        if silent and evidence.banner is not None and not evidence.banner.sample:
            yield "sample_note", "other-protocol-hint"
    refused = refusal(evidence)
    said = refused.reply if refused is not None else None
    kind = refusal_kind(said)[0] if said is not None else None
    if kind in (Refusal.RATE, Refusal.SOURCE):
        yield "source_hint", "source-hint"
    elif kind is Refusal.HELO:
        yield "source_hint", "helo-name-hint"
    if replies_come_late(evidence):
        yield "ehlo_hint", "replies-late-hint"
    elif evidence.banner is not None and evidence.banner.behind:
        yield "ehlo_hint", "unasked-hint"
    elif evidence.helo is not None and not other_protocol(evidence)[0]:
        yield "ehlo_hint", "ehlo-refused-too"
    if is_of_an_appliance(view):
        yield "appliance_hint", "appliance-hint"
    handshake = evidence.handshake.fault if evidence.handshake is not None else None
    if handshake is not None and handshake.alert == "handshake_failure":
        yield "alert_hint", "handshake-failure-hint"
    elif handshake is not None and handshake.alert == "unrecognized_name":
        yield "alert_hint", "sni-missing-hint" if evidence.server == evidence.address else "sni-unknown-hint"
    if evidence.control is not None and evidence.banner is not None:
        yield "intercepted", "intercepted-silence" if evidence.banner.reply is None else "intercepted-words"
    yield "no_starttls", "ehlo-refused" if evidence.helo is not None else "starttls-missing"
    if overwritten_command(evidence):
        yield "overwritten_hint", "overwritten-hint"
    if hides_starttls(view.greeting):
        yield "starttls_hint", "anonymoustls-hint"
    elif view.greeting is not None and capabilities(view.greeting).masked_keywords:
        yield "starttls_hint", "masked-hint"
    elif evidence.banner is not None and evidence.banner.reply is not None and masked_banner(evidence.banner.reply):
        yield "starttls_hint", "banner-masked-hint"


def is_of_an_appliance(view: View) -> bool:
    """Whether the certificate, for another name than the server's, names a device or its maker."""
    certificate = view.evidence.certificate
    if certificate is None or not certificate.chain or (view.name_match is not None and view.name_match.matches):
        return False
    return appliance(certificate.chain[0]) is not None


def _control(control: Control) -> dict[str, str]:
    found = {"control_host": control.host, "control_address": control.address}
    if control.lookup is not None:
        found["control_nameserver"] = control.lookup.nameserver or ""
    if control.banner is not None:
        found |= {"control_banner": _said(control.banner), "control_fault": _ended(control.banner)}
    if control.ehlo is not None and control.ehlo.reply is not None:
        found["control_keywords"] = " ".join(name for name, _ in capabilities(control.ehlo.reply).keywords) or "-"
    return found


def _said(exchange: Exchange) -> str:
    return exchange.reply.wire if exchange.reply is not None else exchange.sample


def _ended(exchange: Exchange) -> str:
    if exchange.fault is not None:
        return exchange.fault.text or str(exchange.fault.kind)
    return exchange.sample
