"""What the signs of middleboxes, moods and other protocols say of the causes."""

from __future__ import annotations

from collections.abc import Callable

from connector_probe.diagnosis.replies import refusal
from connector_probe.diagnosis.rules import speaks_implicit_tls
from connector_probe.diagnosis.signs import (
    SURE_OF_A_HEADER,
    greets_at_times,
    has_begun_to_greet,
    hides_starttls,
    is_clean_here,
    is_exchange,
    is_masked,
    is_own_by_dns,
    other_protocol,
    overwritten_command,
    private_keywords,
    proxy_header_sent,
    waits_for_proxy_header,
)
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.evidence import FaultKind, NetworkFault, Reply
from connector_probe.model.verdict import CauseVerdict, FailureClass
from connector_probe.protocol.addresses import is_nowhere, is_private
from connector_probe.protocol.appliances import appliance
from connector_probe.protocol.refusals import Refusal, is_of_postscreen, refusal_kind
from connector_probe.protocol.smtp import enhanced_status

Sharpening = tuple[CauseVerdict | None, tuple[str, ...]]
Sharpener = Callable[[FailureClass, View], Sharpening]
NOTHING: Sharpening = (None, ())
_OUT, _LIKELY, _SURE = CauseVerdict.RULED_OUT, CauseVerdict.SUPPORTED, CauseVerdict.CONFIRMED
PROHIBITED = frozenset(
    {"net-prohibited", "host-prohibited", "admin-prohibited", "port-unreachable", "policy-failed", "reject-route"}
)
_UNKNOWN_ISSUER = frozenset({Kind.SELF_SIGNED, Kind.UNTRUSTED_ROOT, Kind.MISSING_INTERMEDIATE})
_AFTER_KEYWORDS = frozenset({FailureClass.STARTTLS_NOT_OFFERED, FailureClass.STARTTLS_REJECTED})
_NO_WAY = frozenset({"net-unreachable", "net-unknown", "no-route", "beyond-scope"})


# --- a port that gave no greeting, or another one --------------------------------------------------------------


def _implicit_tls(failure: FailureClass, view: View) -> Sharpening:
    if speaks_implicit_tls(view):
        return _SURE, ("implicit-tls-seen",)
    if has_begun_to_greet(view.evidence):
        return _OUT, ("begins-like-smtp",)
    tried = view.evidence.implicit_tls
    return NOTHING if tried is None else _unanswered(tried.fault, "implicit-tls-unseen", "implicit-tls-unanswered")


def _proxy_protocol(failure: FailureClass, view: View) -> Sharpening:
    if waits_for_proxy_header(view.evidence):
        return _SURE, ("proxy-greeted",)
    if greets_at_times(view.evidence):
        return _OUT, ("greeted-later",)
    if has_begun_to_greet(view.evidence):
        return _OUT, ("begins-like-smtp",)
    tried = view.evidence.proxied
    return NOTHING if tried is None else _unanswered(tried.banner.fault, "proxy-unseen", "proxy-unanswered")


def _proxy_header_sent(failure: FailureClass, view: View) -> Sharpening:
    """The reverse: a balancer sends the header, and the server does not expect it."""
    if waits_for_proxy_header(view.evidence):
        return _OUT, ("proxy-greeted",)
    sign = proxy_header_sent(view.evidence)
    return (_LIKELY, (sign,)) if sign else NOTHING


def _unanswered(fault: NetworkFault | None, seen: str, silent: str) -> Sharpening:
    """A short look that met silence rules nothing out: the server may only be slow, as it was before."""
    return (None, (silent,)) if fault is not None and fault.kind is FaultKind.TIMED_OUT else (_OUT, (seen,))


def _not_mail(failure: FailureClass, view: View) -> Sharpening:
    if other_protocol(view.evidence)[0]:
        return _SURE, ("other-protocol-seen",)
    if waits_for_proxy_header(view.evidence):
        return _OUT, ("proxy-greeted",)
    exchange = refusal(view.evidence)
    said = exchange.reply if exchange is not None else None
    if failure is FailureClass.EHLO_REJECTED and said is not None and _is_of_smtp(said):
        return _OUT, ("speaks-smtp",)
    if failure is FailureClass.BANNER_NOT_SMTP and has_begun_to_greet(view.evidence):
        return CauseVerdict.POSSIBLE, ("begins-like-smtp",)
    return NOTHING


def _is_of_smtp(said: Reply) -> bool:
    """Whether only a mail server answers so: with RFC 2034's codes, or about the name in HELO."""
    return any(map(enhanced_status, said.lines)) or refusal_kind(said)[0] is Refusal.HELO


def _malfunction(failure: FailureClass, view: View) -> Sharpening:
    return (_LIKELY, ("greeted-later",)) if greets_at_times(view.evidence) else _explained(failure, view)


def _explained(failure: FailureClass, view: View) -> Sharpening:
    """What is ruled out once the port is known to wait for something else than a client of SMTP."""
    if speaks_implicit_tls(view):
        return _OUT, ("implicit-tls-seen",)
    if waits_for_proxy_header(view.evidence):
        return _OUT, ("proxy-greeted",)
    return (_OUT, ("other-protocol-seen",)) if other_protocol(view.evidence)[0] else NOTHING


# --- refusals --------------------------------------------------------------------------------------------------


def _refusal(view: View) -> Refusal | None:
    exchange = refusal(view.evidence)
    return refusal_kind(exchange.reply)[0] if exchange is not None and exchange.reply is not None else None


def _is_of_postscreen(view: View) -> bool:
    exchange = refusal(view.evidence)
    return exchange is not None and exchange.reply is not None and is_of_postscreen(exchange.reply)


def _malformed(failure: FailureClass, view: View) -> Sharpening:
    return None, ("breaks-the-rules",)


def _source_blocked(failure: FailureClass, view: View) -> Sharpening:
    if other_protocol(view.evidence)[0]:
        return _explained(failure, view)
    if (sign := proxy_header_sent(view.evidence)) in SURE_OF_A_HEADER:
        return _OUT, (sign,)
    kind = _refusal(view)
    if _is_of_postscreen(view):
        return _LIKELY, ("postscreen-denies",)
    if kind is Refusal.SOURCE:
        return _LIKELY, ("names-the-source",)
    if kind is Refusal.HELO:
        return _OUT, ("names-the-helo",)
    return (_OUT, ("names-its-state",)) if kind is Refusal.STATE else NOTHING


def _helo_name(failure: FailureClass, view: View) -> Sharpening:
    """The name in our own EHLO, which Exchange Online does not give."""
    if _refusal(view) is Refusal.HELO:
        return _LIKELY, ("names-the-helo",)
    return (_OUT, ("helo-was-welcome",)) if failure is FailureClass.SESSION_REJECTED else NOTHING


def _rate_limited(failure: FailureClass, view: View) -> Sharpening:
    if other_protocol(view.evidence)[0]:
        return _explained(failure, view)
    if (sign := proxy_header_sent(view.evidence)) in SURE_OF_A_HEADER:
        return _OUT, (sign,)
    kind = _refusal(view)
    if _is_of_postscreen(view):
        return NOTHING
    if kind is Refusal.RATE:
        return _LIKELY, ("names-a-limit",)
    exchange = refusal(view.evidence)
    lasting = exchange is not None and exchange.reply is not None and exchange.reply.severity == 5
    if kind is Refusal.SOURCE and lasting:
        return _OUT, ("names-the-source",)
    if kind is Refusal.HELO:
        return _OUT, ("names-the-helo",)
    return (_OUT, ("names-its-state",)) if kind is Refusal.STATE else NOTHING


# --- STARTTLS and the certificate ------------------------------------------------------------------------------


def _inspection(failure: FailureClass, view: View) -> Sharpening:
    explained = _explained(failure, view)
    if explained[0] is not None:
        return explained
    if is_masked(view.evidence.banner, view.greeting):
        return _LIKELY, ("masked", "control-clean") if is_clean_here(view.evidence.control) else ("masked",)
    if overwritten_command(view.evidence):
        return _LIKELY, ("command-overwritten",)
    if failure in _AFTER_KEYWORDS and private_keywords(view.greeting):
        return _OUT, ("not-masked",)
    if view.evidence.helo is not None and failure is FailureClass.STARTTLS_NOT_OFFERED:
        return None, ("ehlo-refused",)  # some pass only the commands of RFC 821
    return None, ("control-clean",) if is_clean_here(view.evidence.control) else ()


def _exchange_certificate(failure: FailureClass, view: View) -> Sharpening:
    if hides_starttls(view.greeting):
        return _LIKELY, ("x-anonymoustls",)
    if view.evidence.helo is not None:
        return _OUT, ("ehlo-refused",)
    masked = is_masked(view.evidence.banner, view.greeting)
    return NOTHING if masked or is_exchange(view.evidence, view.greeting) else (_OUT, ("not-exchange",))


def _appliance(failure: FailureClass, view: View) -> Sharpening:
    certificate = view.evidence.certificate
    if certificate is None or not certificate.chain:
        return NOTHING
    if view.name_match is not None and view.name_match.matches:  # nobody ships a device with that
        suspect = {problem.kind for problem in view.problems} & _UNKNOWN_ISSUER
        return (_OUT, ("name-found",)) if suspect else NOTHING
    return (_LIKELY, ("names-an-appliance",)) if appliance(certificate.chain[0]) is not None else NOTHING


# --- what ICMP says --------------------------------------------------------------------------------------------


def _fault(view: View) -> NetworkFault | None:
    return view.evidence.connection.fault if view.evidence.connection is not None else None


def _icmp(view: View) -> str:
    fault = _fault(view)
    return fault.icmp if fault is not None else ""


def _is_nowhere(view: View) -> bool:
    return view.evidence.address is not None and is_nowhere(view.evidence.address)


def _firewall_blocks(failure: FailureClass, view: View) -> Sharpening:
    """A TCP without a listener resets; only a filter answers a SYN with ICMP "port unreachable" or "prohibited"."""
    if _is_nowhere(view):
        return _OUT, ("no-hosts-address",)
    if not _icmp(view):
        return NOTHING
    return _LIKELY if _icmp(view) in PROHIBITED else _OUT, ("icmp-said",)


def _firewall_drops(failure: FailureClass, view: View) -> Sharpening:
    if _is_nowhere(view):
        return _OUT, ("no-hosts-address",)
    return (_OUT, ("icmp-said",)) if _icmp(view) else NOTHING


def _server_down(failure: FailureClass, view: View) -> Sharpening:
    """The last router before the host, or our own system on its link, reports that the host answers no ARP."""
    fault = _fault(view)
    if _is_nowhere(view):
        return _OUT, ("no-hosts-address",)
    if fault is not None and fault.icmp and fault.icmp_from == view.evidence.address:
        # A firewall that holds the address, and hands the port on (NAT), says it of the server behind; else the host.
        return (_LIKELY, ("icmp-from-nat",)) if fault.icmp == "host-unreachable" else (_OUT, ("icmp-said",))
    return (_LIKELY, ("icmp-said",)) if _icmp(view) == "host-unreachable" else NOTHING


def _network_trouble(failure: FailureClass, view: View) -> Sharpening:
    if _is_nowhere(view):
        return _OUT, ("no-hosts-address",)
    if failure is FailureClass.TCP_UNREACHABLE:
        return (_LIKELY, ("icmp-said",)) if _icmp(view) in _NO_WAY else NOTHING
    return _explained(failure, view)


def _wrong_smart_host(failure: FailureClass, view: View) -> Sharpening:
    address = view.evidence.address
    if _is_nowhere(view):
        return _SURE, ("no-hosts-address",)
    if is_own_by_dns(view.evidence):
        return _LIKELY, ("own-address",)
    return (_LIKELY, ("private-address",)) if address is not None and is_private(address) else NOTHING


SHARPENERS: dict[str, Sharpener] = {
    "implicit-tls": _implicit_tls,
    "proxy-protocol": _proxy_protocol,
    "proxy-header-sent": _proxy_header_sent,
    "not-a-mail-server": _not_mail,
    "server-malfunction": _malfunction,
    "network-trouble": _network_trouble,
    "malformed-reply": _malformed,
    "source-blocked": _source_blocked,
    "helo-name": _helo_name,
    "rate-limited": _rate_limited,
    "packet-inspection": _inspection,
    "exchange-certificate-broken": _exchange_certificate,
    "appliance-certificate": _appliance,
    "firewall-blocks": _firewall_blocks,
    "firewall-drops": _firewall_drops,
    "server-down": _server_down,
    "wrong-smart-host": _wrong_smart_host,
}
