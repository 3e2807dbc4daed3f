"""Signs of what stands between us and the server, or in its place: read from the evidence of one attempt.

Facts and yes or no; which cause they speak for is weighed in ``middleboxes``, which class they make in ``rules``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connector_probe.model.connector import CONTROL_HOSTS
from connector_probe.model.evidence import FaultKind
from connector_probe.model.ids import EvidenceId
from connector_probe.model.names import is_address
from connector_probe.model.reach import meant
from connector_probe.protocol.identity import match
from connector_probe.protocol.smtp import capabilities, greeting_protocol, looks_like, masked_banner

if TYPE_CHECKING:
    from connector_probe.model.evidence import AttemptEvidence, Control, Exchange, NetworkFault, Reply

_EXCHANGE_KEYWORDS = ("X-ANONYMOUSTLS", "X-EXPS", "XEXCH50", "XRDST", "XSHADOW", "XSHADOWREQUEST", "X-RDST", "XOORG")
_EXCHANGE_BANNER = "microsoft esmtp mail service"
_OVERWRITTEN = r"\bX{4,}A?\b"  # PIX and ASA: every letter of a command that they do not know
_EXTENSIONS = ("SIZE", "8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES", "DSN", "CHUNKING")
_SYNTAX = 50  # 50z: the command is not known (RFC 5321 4.2.1); a block list's "OPEN PROXY" comes with 55z
# Exim's check of input before the greeting; Postfix's postscreen, of a client that talks in it.
_TALKED_TOO_EARLY = r"(?i)synchroni[sz]ation error|5\.5\.1 protocol error"
_SMTP_REPLY = r"(?:\\x0d|\\x0a|\\ufeff)*[2-5](?:\Z|[0-9](?:\Z|[0-9](?![0-9])))"

# ICMP errors that only a filter or a rule sends.
PROHIBITED = frozenset(
    {"net-prohibited", "host-prohibited", "admin-prohibited", "port-unreachable", "policy-failed", "reject-route"}
    | {"protocol-unreachable"}  # of TCP, which every host has
)


# --- what the server turned down ---------------------------------------------------------------------------------


def refusal(evidence: AttemptEvidence) -> Exchange | None:
    """The last exchange that came back with something else than what RFC 5321 4.3.2 and RFC 3207 4 call success."""
    order = (
        (evidence.recipient, None),
        (evidence.mail, None),
        (evidence.ehlo_again, 250),
        (evidence.starttls or evidence.unlisted_starttls, 220),
        (evidence.helo, 250),
        (evidence.ehlo, 250),
        (evidence.banner, 220),
    )
    return next((one for one, only in order if one is not None and not _succeeded(one, only)), None)


def _succeeded(exchange: Exchange, only: int | None) -> bool:
    """``only``: the one code that is success, None where every 2yz is."""
    reply = exchange.reply
    return reply is not None and (reply.severity == 2 if only is None else reply.code == only)


# --- by a control host -----------------------------------------------------------------------------------------


def is_cut_off_here(control: Control | None, fault: NetworkFault) -> bool:
    """Whether a host that answers everybody could not be reached either, so that the same may have kept us from both.

    A TCP reset, where the control host met silence, is no doing of what drops packets.
    """
    if control is None or control.fault is None:
        return False
    reset = fault.kind is FaultKind.REFUSED and not fault.icmp
    return not (reset and control.fault.kind is FaultKind.TIMED_OUT)


def is_answered_here(control: Control | None, banner: Exchange | None) -> bool:
    """Whether the control host greeted in the very words of this server: then one and the same thing answers for both.

    Only where those words do not name the control host's own domain, which may be this server's, too; nor where they
    were overwritten on the way.
    """
    theirs = control.banner.reply if control is not None and control.banner is not None else None
    ours = banner.reply if banner is not None else None
    if control is None or theirs is None or ours is None or not ours.lines or not any(map(str.strip, ours.lines)):
        return False
    domain = ".".join(control.host.split(".")[-2:]).lower()
    if control.host not in CONTROL_HOSTS or domain in " ".join(theirs.lines).lower() or masked_banner(theirs):
        return False
    return ours.code == theirs.code and _without_numbers(ours) == _without_numbers(theirs)


def _without_numbers(reply: Reply) -> str:
    """A greeting may hold the time or a session's number."""
    return re.sub("[0-9]+", "#", " ".join(reply.lines))


def is_offline_here(control: Control | None, fault: NetworkFault) -> bool:
    """Whether the nameserver was as silent as the server: then nothing at all is known to come back to this machine."""
    return control is not None and control.lookup is not None and fault.kind is FaultKind.TIMED_OUT


def is_intercepted_here(control: Control | None) -> bool:
    """Whether a host that greets everybody took the connection and gave no greeting of SMTP either."""
    return control is not None and control.banner is not None and control.banner.reply is None


def is_stripped_here(control: Control | None) -> bool:
    """Whether a host that offers STARTTLS to everybody seems not to: masked, or one of our own choice.

    A control host that the user chose may truly offer none.
    """
    greeting = control.ehlo.reply if control is not None and control.ehlo is not None else None
    if control is None or greeting is None or greeting.severity != 2 or capabilities(greeting).offers("STARTTLS"):
        return False
    return is_masked(control.banner, greeting) or control.host in CONTROL_HOSTS


def is_stalled_here(control: Control | None) -> bool:
    """Whether a handshake with a host that answers everybody was left unanswered, too."""
    return control is not None and control.handshake is not None and control.handshake.stalled


def is_clean_here(control: Control | None) -> bool:
    """Whether the control host's STARTTLS reached us, so that nothing on this side takes it away."""
    greeting = control.ehlo.reply if control is not None and control.ehlo is not None else None
    return greeting is not None and capabilities(greeting).offers("STARTTLS")


def is_own_by_dns(evidence: AttemptEvidence) -> bool:
    """Whether DNS leads to loopback, so that every sender meets itself. A nameserver by hand may be a laboratory."""
    resolution = evidence.resolution
    found_by_dns = bool(resolution.lookups) and not resolution.nameservers_given
    return evidence.address is not None and found_by_dns and meant(evidence.address).is_loopback


# --- in the conversation ---------------------------------------------------------------------------------------


def is_masked(banner: Exchange | None, greeting: Reply | None) -> bool:
    """Whether banner or EHLO keywords were overwritten, as Cisco's ESMTP inspection does."""
    if banner is not None and banner.reply is not None and masked_banner(banner.reply):
        return True
    return greeting is not None and bool(capabilities(greeting).masked_keywords)


def overwritten_command(evidence: AttemptEvidence) -> str:
    """A refusal that repeats our command as X's: a firewall on the way has overwritten it; "" where none does."""
    for exchange in (evidence.starttls, evidence.unlisted_starttls, evidence.ehlo):
        reply = exchange.reply if exchange is not None else None
        if reply is not None and reply.severity == 5 and re.search(_OVERWRITTEN, reply.wire):
            return reply.wire
    return ""


def replies_come_late(evidence: AttemptEvidence) -> bool:
    """Whether the answer to HELO is the one to EHLO, so that every reply is one command late.

    It offers STARTTLS, as no answer to HELO does (RFC 5321 4.1.1.1), or any extension where an answer had come before
    anything was asked. The server has then got a line that is not ours.
    """
    answer = evidence.helo.reply if evidence.helo is not None else None
    if answer is None:
        return False
    able, banner = capabilities(answer), evidence.banner
    unasked = banner is not None and banner.behind.startswith("5")
    return able.offers("STARTTLS") or (unasked and any(able.offers(name) for name in _EXTENSIONS))


SURE_OF_A_HEADER = frozenset(
    {EvidenceId.REPLIES_COME_LATE, EvidenceId.NAMES_PROXY_HEADER}
)  # the signs that fit nothing else


def proxy_header_sent(evidence: AttemptEvidence) -> EvidenceId | None:
    """What speaks for a PROXY header from a balancer to a server that expects none: the sign.

    The server takes the header for a command, or for a client that does not wait for its greeting.
    """
    banner = evidence.banner
    if replies_come_late(evidence):
        return EvidenceId.REPLIES_COME_LATE
    for exchange in (evidence.ehlo, evidence.helo):
        reply = exchange.reply if exchange is not None else None
        if reply is not None and reply.code // 10 == _SYNTAX and re.search(r"\bPROXY\b", reply.wire):
            return EvidenceId.NAMES_PROXY_HEADER
    if banner is not None and banner.reply is not None:
        if banner.reply.severity == 5 and re.search(_TALKED_TOO_EARLY, banner.reply.wire):
            return EvidenceId.TALKED_TOO_EARLY
        if banner.reply.code == 220 and banner.behind.startswith("5"):
            return EvidenceId.ANSWERED_UNASKED
    return None


def has_begun_to_greet(evidence: AttemptEvidence) -> bool:
    """Whether a greeting was begun: by a server that waits neither for a ClientHello nor for a PROXY header."""
    banner = evidence.banner
    return banner is not None and banner.reply is None and re.match(_SMTP_REPLY, banner.sample) is not None


def greeted_as(exchange: Exchange | None) -> str:
    """The host's name in a greeting or an answer to EHLO (RFC 5321 4.2, 4.1.1.1); "" where there is none."""
    if exchange is None or exchange.reply is None or exchange.reply.severity != 2 or not exchange.reply.lines:
        return ""
    return exchange.reply.lines[0].split(" ", 1)[0]


def another_host(evidence: AttemptEvidence, expected: str) -> str | None:
    """The name that greeting and EHLO give and the certificate carries, where it is another host than was expected."""
    leaf, name = evidence.leaf, greeted_as(evidence.banner).lower().rstrip(".")
    if leaf is None or name.count(".") < 2 or name != greeted_as(evidence.ehlo).lower().rstrip("."):
        return None
    expected = expected.lower().removeprefix("*.")
    if name in (expected, evidence.server.lower()) or is_address(expected):
        return None
    matched = match(leaf, name).matched
    return None if matched is None or matched.startswith("*.") else name  # a wildcard names no host


def private_keywords(greeting: Reply | None) -> tuple[str, ...]:
    """Keywords that SMTP inspection does not know, and yet came through; it overwrites those."""
    able = capabilities(greeting) if greeting is not None else None
    if able is None or able.masked_keywords:
        return ()
    return tuple(name for name in able.keywords if name.startswith("X-"))


def is_exchange(evidence: AttemptEvidence, greeting: Reply | None) -> bool:
    """Whether the server shows itself as an Exchange server."""
    banner = evidence.banner.reply if evidence.banner is not None else None
    if banner is not None and _EXCHANGE_BANNER in " ".join(banner.lines).lower():
        return True
    return greeting is not None and any(capabilities(greeting).offers(name) for name in _EXCHANGE_KEYWORDS)


def hides_starttls(greeting: Reply | None) -> bool:
    """X-ANONYMOUSTLS without STARTTLS: what Exchange offers when its own certificate cannot be used."""
    if greeting is None:
        return False
    able = capabilities(greeting)
    return able.offers("X-ANONYMOUSTLS") and not able.offers("STARTTLS")


def takes_unlisted_starttls(evidence: AttemptEvidence) -> bool:
    """Whether the server answers STARTTLS with 220 although EHLO does not list it."""
    answer = evidence.unlisted_starttls.reply if evidence.unlisted_starttls is not None else None
    return answer is not None and answer.code == 220


def waits_for_proxy_header(evidence: AttemptEvidence) -> bool:
    """Whether the port greeted behind a PROXY header, and took EHLO for the first command.

    A mail server that was merely late answers the header first: with 500 or the like, where EHLO's 250 should be.
    Without an answer there is nothing that speaks for that.
    """
    answer = evidence.proxied.ehlo if evidence.proxied is not None else None
    return answer is not None and (answer.reply is None or answer.reply.severity == 2)


def greets_at_times(evidence: AttemptEvidence) -> bool:
    """Whether another connection right after was greeted, header or not: the silence does not last."""
    greeting = evidence.proxied.banner.reply if evidence.proxied is not None else None
    return greeting is not None and greeting.code == 220 and not waits_for_proxy_header(evidence)


def other_protocol(evidence: AttemptEvidence) -> tuple[str, str]:
    """The protocol that was met instead of SMTP, and its words; two empty texts where none was recognized."""
    tls = evidence.implicit_tls
    if tls is not None and tls.fault is not None and tls.fault.kind is FaultKind.NOT_TLS:
        name = looks_like(tls.fault.text)  # what waits for its client to speak, as a web server does
        if name is not None:
            return name, tls.fault.text
    banner, proxied = evidence.banner, evidence.proxied
    if banner is None:
        return "", ""
    if proxied is not None and (name := looks_like(proxied.banner.sample)) is not None:
        return name, proxied.banner.sample
    if banner.reply is not None:
        return greeting_protocol(banner.reply) or "", banner.reply.wire
    return looks_like(banner.sample) or "", banner.sample


def speaks_implicit_tls(evidence: AttemptEvidence) -> bool:
    """Whether a port that gave no greeting took a TLS handshake instead."""
    return evidence.implicit_tls is not None and evidence.implicit_tls.session is not None
