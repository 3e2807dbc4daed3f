"""Causes of STARTTLS and TLS that do not come about."""

from __future__ import annotations

import re

from connector_probe.diagnosis.causes.row import LIKELY, OUT, POSSIBLE, SURE, Case, Judged, Rows, alone
from connector_probe.diagnosis.signs import hides_starttls, is_masked, overwritten_command, takes_unlisted_starttls
from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId
from connector_probe.model.verdict import Culprit, FailureClass

ROWS = Rows()
_F = FailureClass
_BROKEN = (
    *(_F.TLS_CLOSED, _F.TLS_RESET, _F.TLS_ALERT, _F.TLS_NOT_TLS),
    *(_F.TLS_PROTOCOL, _F.TLS_VERSION, _F.TLS_CIPHER),
)
_BAD_SEQUENCE = 503  # RFC 5321 4.2.2
_MISFIT = "bad signature"  # OpenSSL: the proof of the private key does not fit the certificate
_OF_TLS = r"(?i)tls|ssl|certificate|encrypt|security|key\b"
_AGREED = frozenset({_F.TLS_VERSION, _F.TLS_CIPHER})  # TLS came about, and not as it should


@ROWS.cause(
    CauseId.LARGE_PACKETS_LOST,
    Culprit.NETWORK,
    alone(POSSIBLE, _F.TLS_TIMEOUT),
    shown_for=(*_BROKEN, _F.DANE_TLS_FAILED),
    remedies=(RemedyId.CHECK_PATH_MTU,),
)
def _large_packets_lost(case: Case) -> Judged | None:
    """TCP sends a lost segment again, so that a gap which lasts is no accident: what fills it never gets through."""
    handshake = case.evidence.handshake
    if handshake is not None and handshake.fault is not None and handshake.fault.stranded > 0:
        return Judged(LIKELY, (EvidenceId.BEHIND_A_GAP,), heading=HeadingId.LARGE_PACKETS_LOST)
    if case.failure is not _F.TLS_TIMEOUT:
        return None
    if case.evidence.is_unacknowledged:  # and no packet of ours is large
        return Judged(OUT, (EvidenceId.UNACKNOWLEDGED,))
    if case.evidence.chain:
        return Judged(OUT, (EvidenceId.CERTIFICATE_ARRIVED,))
    return Judged(OUT, (EvidenceId.ANOTHER_SERVED,)) if case.view.context.served else None


@ROWS.cause(
    CauseId.TLS_NOT_SUPPORTED,
    Culprit.SERVER,
    alone(SURE, _F.STARTTLS_NOT_OFFERED, _F.STARTTLS_REJECTED)
    | alone(LIKELY, _F.STARTTLS_MALFORMED, *_BROKEN)
    | alone(POSSIBLE, _F.TLS_TIMEOUT)
    | alone(OUT, _F.BANNER_REJECTED, _F.BANNER_NOT_SMTP, _F.EHLO_REJECTED, _F.EHLO_MALFORMED)
    | alone(OUT, _F.SESSION_REJECTED, _F.SESSION_MALFORMED),
    shown_for=(_F.RECIPIENT_REJECTED,),
    remedies=(RemedyId.CHECK_TLS_SETTINGS,),
    remedies_for={
        _F.STARTTLS_NOT_OFFERED: (RemedyId.OFFER_STARTTLS, RemedyId.RELAX_TLS),
        _F.STARTTLS_REJECTED: (RemedyId.REPAIR_STARTTLS, RemedyId.READ_THE_REPLY, RemedyId.RELAX_TLS),
        _F.STARTTLS_MALFORMED: (),
        _F.TLS_VERSION: (RemedyId.ENABLE_TLS12, RemedyId.CHECK_TLS_SETTINGS),
        _F.TLS_CIPHER: (RemedyId.ENABLE_CIPHERS, RemedyId.CHECK_TLS_SETTINGS),
    },
)
def _tls_not_supported(case: Case) -> Judged | None:
    view, failure = case.view, case.failure
    touched = is_masked(case.evidence.banner, view.greeting) or bool(overwritten_command(case.evidence))
    seen = (EvidenceId.EHLO_REFUSED if case.evidence.helo is not None else EvidenceId.STARTTLS_MISSING,)
    if failure is _F.STARTTLS_NOT_OFFERED:
        return _of_its_own_answer(case, seen, hidden=touched or hides_starttls(view.greeting))
    unlisted = view.greeting is not None and not view.offers_starttls
    if failure is _F.RECIPIENT_REJECTED:  # 530 Must issue a STARTTLS command first (RFC 3207 4)
        wanted = unlisted and view.refusal is not None and "STARTTLS" in view.refusal.wire.upper()
        mended = (RemedyId.OFFER_STARTTLS, RemedyId.CHECK_FIREWALL_INSPECTION)
        return Judged(LIKELY, seen, mended, sentence="starttls-wanted") if wanted else None
    if failure is _F.EHLO_MALFORMED and view.requires_tls and unlisted:
        return Judged(POSSIBLE, seen, remedies=())
    if not view.requires_tls and (failure is _F.STARTTLS_REJECTED or failure in (_F.TLS_TIMEOUT, *_BROKEN)):
        return Judged(OUT, (EvidenceId.TLS_NOT_REQUIRED,))
    if failure is _F.STARTTLS_REJECTED:
        if view.ends_at_starttls:
            return Judged(POSSIBLE)
        if case.view.refusal_kind is not None:  # its words are about something else than TLS
            return Judged(OUT, (EvidenceId.REPLY_RECEIVED,))
        said = (EvidenceId.REPLY_RECEIVED,)
        if touched:
            return Judged(POSSIBLE, said)
        # RFC 3207 4 has 454 for a TLS that fails; Sendmail also says it where a milter fails, and then of no TLS.
        # 503 is about the order of commands: what answered EHLO is perhaps not what is asked now.
        refused = view.refusal is not None and view.refusal.severity == 5 and view.refusal.code != _BAD_SEQUENCE
        of_tls = view.refusal is None or refused or re.search(_OF_TLS, view.refusal.wire) is not None
        reading = (RemedyId.READ_THE_REPLY, RemedyId.REPAIR_STARTTLS, RemedyId.RELAX_TLS)
        return Judged(None, said) if of_tls else Judged(LIKELY, said, reading)
    handshake = case.evidence.handshake
    if handshake is None:
        return None
    if handshake.fault is not None and handshake.fault.stranded:
        return Judged(OUT, (EvidenceId.ANSWERED_PART_LOST,))
    if case.evidence.is_unacknowledged:
        return Judged(OUT, (EvidenceId.UNACKNOWLEDGED,))
    if handshake.fault is not None and handshake.fault.text == _MISFIT and failure is _F.TLS_PROTOCOL:
        pair = (RemedyId.INSTALL_KEY_PAIR, RemedyId.CHECK_TLS_SETTINGS)
        seen = (EvidenceId.SIGNATURE_MISFITS,)
        return Judged(None, seen, pair, sentence="key-misfit", heading=HeadingId.KEY_MISFITS)
    if case.evidence.exchange_offer is not None and failure is _F.TLS_ALERT:
        # Every suite was offered, so that a missing certificate is likelier than a suite that nobody else has.
        wider = (RemedyId.CHECK_TLS_SETTINGS, RemedyId.ENABLE_CIPHERS, RemedyId.ENABLE_GROUPS)
        return Judged(None, (EvidenceId.NO_OFFER_WILL_DO,), wider)
    seen = (EvidenceId.TLS_COMES_TO_NOTHING if failure in (_F.TLS_TIMEOUT, *_BROKEN) else EvidenceId.TLS_ANSWERED,)
    return Judged(POSSIBLE if touched and failure in _BROKEN else None, seen)


def _of_its_own_answer(case: Case, seen: tuple[EvidenceId, ...], *, hidden: bool) -> Judged:
    """That EHLO lists no STARTTLS speaks for a server without it; only its own answer to the command settles it.

    ``hidden``: something shows that STARTTLS is hidden, so that the server may well support it.
    """
    if takes_unlisted_starttls(case.evidence):
        return Judged(OUT, (EvidenceId.STARTTLS_TAKEN,))
    if case.evidence.helo is not None:  # its own answer to EHLO
        return Judged(POSSIBLE if hidden else SURE, seen, heading=HeadingId.HELO_ONLY)
    tried = case.evidence.unlisted_starttls
    reply = tried.reply if tried is not None else None
    if reply is not None:
        seen = (*seen, EvidenceId.STARTTLS_ANSWER)
    if hidden or (reply is not None and case.view.refusal_kind is not None):  # its words are about something else
        return Judged(POSSIBLE, seen)
    return Judged(SURE if reply is not None and reply.severity == 5 else LIKELY, seen)


@ROWS.cause(
    CauseId.TLS_BROKEN_ON_THE_WAY,
    Culprit.NETWORK,
    alone(POSSIBLE, _F.TLS_TIMEOUT, *_BROKEN, _F.DANE_TLS_FAILED),
    remedies=(RemedyId.CHECK_FIREWALL_INSPECTION,),
)
def _tls_broken_on_the_way(case: Case) -> Judged | None:
    handshake = case.evidence.handshake
    if handshake is not None and handshake.session is not None and case.failure in _AGREED:
        return Judged(OUT, (EvidenceId.HANDSHAKE_DONE,))
    if case.evidence.is_unacknowledged:
        return Judged(LIKELY, (EvidenceId.UNACKNOWLEDGED,))
    return Judged(LIKELY, (EvidenceId.MASKED,)) if is_masked(case.evidence.banner, case.view.greeting) else None
