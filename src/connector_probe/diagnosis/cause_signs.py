"""What other connections of a run, the server's words and the connector say of causes that one session leaves open."""

from __future__ import annotations

import re

from connector_probe.diagnosis.middleboxes import NOTHING, PROHIBITED, SHARPENERS, Sharpener, Sharpening
from connector_probe.diagnosis.replies import refusal
from connector_probe.diagnosis.signs import has_begun_to_greet, is_masked, other_protocol
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import Reply, Stage
from connector_probe.model.verdict import CauseVerdict, FailureClass
from connector_probe.protocol.refusals import Refusal, is_of_postscreen, refusal_kind

_OUT, _LIKELY, _SURE = CauseVerdict.RULED_OUT, CauseVerdict.SUPPORTED, CauseVerdict.CONFIRMED
_F = FailureClass
_GREYLISTING = re.compile(r"gr[ea]y-? ?list", re.IGNORECASE)
_CUT = frozenset(
    {
        *(_F.BANNER_TIMEOUT, _F.BANNER_CLOSED, _F.BANNER_RESET, _F.EHLO_TIMEOUT, _F.EHLO_CLOSED, _F.EHLO_RESET),
        *(_F.STARTTLS_TIMEOUT, _F.STARTTLS_CLOSED, _F.STARTTLS_RESET),
        *(_F.SESSION_TIMEOUT, _F.SESSION_CLOSED, _F.SESSION_RESET, _F.RECIPIENT_CUT),
    }
)

_AGREED = frozenset({_F.TLS_VERSION, _F.TLS_CIPHER})  # TLS came about, and not as it should


def _then(sign: Sharpening, identifier: str, failure: FailureClass, view: View) -> Sharpening:
    """What was concluded of the cause before, where there is no sign of ours."""
    before = SHARPENERS.get(identifier)
    return sign if sign != NOTHING or before is None else before(failure, view)


# --- a connection that failed, where another one to the same address did not -----------------------------------


def _beside(verdict: CauseVerdict) -> Sharpener:
    return lambda failure, view: (verdict, ("another-connected",)) if view.beside.accepted else NOTHING


def _firewall_blocks(failure: FailureClass, view: View) -> Sharpening:
    return _then(_beside(_OUT)(failure, view), "firewall-blocks", failure, view)


def _firewall_drops(failure: FailureClass, view: View) -> Sharpening:
    """A host that is up and listens answers a SYN, unless something drops it."""
    sign = _beside(_LIKELY)(failure, view) if failure is _F.TCP_TIMEOUT else NOTHING
    return _then(sign, "firewall-drops", failure, view)


def _server_down(failure: FailureClass, view: View) -> Sharpening:
    return _then(_beside(_OUT)(failure, view), "server-down", failure, view)


def _service_stopped(failure: FailureClass, view: View) -> Sharpening:
    """Behind one address some servers listen and this one does not; or a filter answered, and no server did."""
    connection = view.evidence.connection
    fault = connection.fault if connection is not None else None
    if fault is not None and fault.icmp in PROHIBITED:
        return _OUT, ("icmp-said",)
    return _beside(_LIKELY)(failure, view)


def _migrated(failure: FailureClass, view: View) -> Sharpening:
    if view.beside.partner:
        return _OUT, ("is-a-partner",)
    if view.beside.accepted:
        return _OUT, ("another-connected",)
    return (_LIKELY, ("refusal-wanted",)) if view.beside.refusal_wanted else NOTHING


def _wrong_smart_host(failure: FailureClass, view: View) -> Sharpening:
    return _then(_beside(_OUT)(failure, view), "wrong-smart-host", failure, view)


def _malfunction(failure: FailureClass, view: View) -> Sharpening:
    before = _then(NOTHING, "server-malfunction", failure, view)
    if before != NOTHING or not (view.beside.served and failure in _CUT):
        return before
    return _LIKELY, ("another-served",)


# --- what is said, and where -----------------------------------------------------------------------------------


def _said(view: View) -> Reply | None:
    exchange = refusal(view.evidence)
    return exchange.reply if exchange is not None else None


def _malformed(failure: FailureClass, view: View) -> Sharpening:
    """A greeting that is none: is it a mail server's all the same?"""
    if failure is not _F.BANNER_NOT_SMTP:
        return _then(NOTHING, "malformed-reply", failure, view)
    if other_protocol(view.evidence)[0]:
        return _OUT, ("other-protocol-seen",)
    return (_LIKELY, ("begins-like-smtp",)) if has_begun_to_greet(view.evidence) else NOTHING


def _tls_on_the_way(failure: FailureClass, view: View) -> Sharpening:
    handshake = view.evidence.handshake
    if handshake is not None and handshake.session is not None and failure in _AGREED:
        return _OUT, ("handshake-done",)
    if is_masked(view.evidence.banner, view.greeting):
        return _LIKELY, ("masked",)
    return NOTHING


def _large_packets_lost(failure: FailureClass, view: View) -> Sharpening:
    """TCP sends a lost segment again, so that a gap which lasts is no accident: what fills it never gets through."""
    if _stranded(view):
        return _LIKELY, ("behind-a-gap",)
    if failure is not _F.TLS_TIMEOUT:
        return NOTHING
    certificate = view.evidence.certificate
    if certificate is not None and certificate.chain:
        return _OUT, ("certificate-arrived",)
    return (_OUT, ("another-served",)) if view.beside.served else NOTHING


def _stranded(view: View) -> bool:
    handshake = view.evidence.handshake
    return handshake is not None and handshake.fault is not None and handshake.fault.stranded > 0


def _recipient(failure: FailureClass, view: View) -> Sharpening:
    """A refusal of MAIL FROM comes before any recipient is named (RFC 5321 3.3)."""
    return (_OUT, ("before-the-recipient",)) if view.evidence.recipient is None else NOTHING


def _greylisting(failure: FailureClass, view: View) -> Sharpening:
    reply = _said(view)
    if reply is None:
        return NOTHING
    if _GREYLISTING.search(" ".join(reply.lines)):
        return _LIKELY, ("names-greylisting",)
    if is_of_postscreen(reply):
        return _LIKELY, ("postscreen-defers",)
    return (_OUT, ("names-its-state",)) if refusal_kind(reply)[0] is Refusal.STATE else NOTHING


def _back_pressure(failure: FailureClass, view: View) -> Sharpening:
    reply = _said(view)
    if reply is None:
        return NOTHING
    if _GREYLISTING.search(" ".join(reply.lines)):
        return _OUT, ("names-greylisting",)
    if is_of_postscreen(reply):
        return _OUT, ("postscreen-defers",)
    return (_LIKELY, ("names-its-state",)) if refusal_kind(reply)[0] is Refusal.STATE else NOTHING


def _refuses_mail(failure: FailureClass, view: View) -> Sharpening:
    """By its MX records the domain wants mail, whatever became of the hosts that they name."""
    mx = view.evidence.resolution.mx
    return (_OUT, ("mx-names-hosts",)) if mx and all(one.exchange for one in mx) else NOTHING


# In place of what ``middleboxes`` says of the same cause, which is asked where nothing here applies.
SIGNS: dict[str, Sharpener] = {
    "firewall-blocks": _firewall_blocks,
    "firewall-drops": _firewall_drops,
    "server-down": _server_down,
    "service-stopped": _service_stopped,
    "migrated": _migrated,
    "wrong-smart-host": _wrong_smart_host,
    "server-malfunction": _malfunction,
    "malformed-reply": _malformed,
    "tls-broken-on-the-way": _tls_on_the_way,
    "large-packets-lost": _large_packets_lost,
    "recipient-refused": _recipient,
    "greylisting": _greylisting,
    "back-pressure": _back_pressure,
}
# Said of a domain that goes by its MX records, where no other cause of the class says it.
MX_CAUSES: dict[str, Sharpener] = {"domain-refuses-mail": _refuses_mail}
# No documented causes, so named only where a sign speaks for or against them.
ONLY_BY_SIGN = {
    Stage.CONNECT: ("wrong-smart-host",),
    Stage.CERTIFICATE: ("appliance-certificate", "dane-name-missing"),
    Stage.BANNER: ("proxy-header-sent", "proxy-protocol"),
    Stage.TLS: ("large-packets-lost",),
    Stage.EHLO: ("helo-name", "proxy-header-sent"),
    Stage.RECIPIENT: ("helo-name",),
}
