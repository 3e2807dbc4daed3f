"""Causes of a conversation that breaks: silence, a cut, a refusal, another protocol, a device in between."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connector_probe.diagnosis.causes.connect import icmp_of, is_nowhere_at_all
from connector_probe.diagnosis.causes.row import LIKELY, OUT, POSSIBLE, SURE, Case, Judged, Rows, alone
from connector_probe.diagnosis.signs import (
    SURE_OF_A_HEADER,
    greets_at_times,
    has_begun_to_greet,
    hides_starttls,
    is_clean_here,
    is_exchange,
    is_masked,
    other_protocol,
    overwritten_command,
    private_keywords,
    proxy_header_sent,
    speaks_implicit_tls,
    takes_unlisted_starttls,
    waits_for_proxy_header,
)
from connector_probe.model.evidence import FaultKind
from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId
from connector_probe.model.verdict import CauseVerdict, Culprit, FailureClass
from connector_probe.protocol.refusals import Refusal, is_of_postscreen, refusal_kind, takes_no_mail
from connector_probe.protocol.smtp import capabilities, enhanced_status

if TYPE_CHECKING:
    from connector_probe.model.evidence import NetworkFault, Reply

ROWS = Rows()
_F = FailureClass


def _of(*stages: str, ends: tuple[str, ...] = ("",)) -> tuple[FailureClass, ...]:
    """The failure classes of these stages that end so."""
    return tuple(one for one in _F if one.partition("-")[0] in stages and one.endswith(ends))


_CUT = (*_of("banner", "starttls", "session", "ehlo", ends=("-closed", "-reset")), _F.RECIPIENT_CUT)
_CUT += (_F.EHLO_TIMEOUT, _F.STARTTLS_TIMEOUT, _F.SESSION_TIMEOUT)
_BANNER, _EHLO, _RECIPIENT = _of("banner"), _of("ehlo", "session"), _of("recipient")
_REJECTED = _of("banner", "ehlo", "session", ends=("-rejected",))
_AT_STARTTLS = (_F.STARTTLS_REJECTED, _F.STARTTLS_NOT_OFFERED)  # where STARTTLS was sent, listed or not
_TLS = tuple(one for one in _of("tls") if one is not _F.TLS_CLIENT_CERTIFICATE)
_UNENDED = r"(?:\A|\\x0a)[2-5][0-9]{2}-[^\\]*(?:\\x0d)?\\x0a\Z"  # whole lines, the last of them with a hyphen
_LOGIN_WANTED = 530  # RFC 4954 6; before TLS, RFC 3207 4 has it for a missing STARTTLS
_LOGIN = r"(?i)authentication (?:is )?required|must (?:be )?authenticate|requires? \w* ?authentication|not logged in"
_UNKNOWN_COMMAND = frozenset({500, 502})  # RFC 5321 4.2.2
_ABOUT = {
    Refusal.RATE: EvidenceId.NAMES_A_LIMIT,
    Refusal.HELO: EvidenceId.NAMES_THE_HELO,
    Refusal.SOURCE: EvidenceId.NAMES_THE_SOURCE,
    Refusal.STATE: EvidenceId.NAMES_ITS_STATE,
    Refusal.SHORT: EvidenceId.NAMES_ITS_STATE,
    Refusal.GREYLISTING: EvidenceId.NAMES_GREYLISTING,
    Refusal.RECIPIENT: EvidenceId.NAMES_THE_RECIPIENT,
}  # what a refusal's words are about
_OF_ITSELF = frozenset(
    {Refusal.STATE, Refusal.SHORT, Refusal.GREYLISTING, Refusal.RECIPIENT}
)  # not of who asks, nor how often


def _explained(case: Case) -> Judged | None:
    """What is ruled out once the port is known to wait for something else than a client of SMTP."""
    if speaks_implicit_tls(case.evidence):
        return Judged(OUT, (EvidenceId.IMPLICIT_TLS_SEEN,))
    if waits_for_proxy_header(case.evidence):
        return Judged(OUT, (EvidenceId.PROXY_GREETED,))
    if other_protocol(case.evidence)[0]:
        return Judged(OUT, (EvidenceId.OTHER_PROTOCOL_SEEN,))
    return None


def _told(verdict: CauseVerdict, case: Case, heading: HeadingId | None = None) -> Judged | None:
    """``verdict``, for what the refusal's words are about; None where they are about nothing that is known."""
    kind, reply = case.view.refusal_kind, case.view.refusal
    if kind is None or reply is None:
        return None
    seen = _ABOUT[kind]
    if is_of_postscreen(reply):
        seen = EvidenceId.POSTSCREEN_DENIES if kind is Refusal.SOURCE else EvidenceId.POSTSCREEN_DEFERS
    return Judged(verdict, (seen,), heading=heading)


# --- silence and cuts ------------------------------------------------------------------------------------------


@ROWS.cause(
    CauseId.SERVER_MALFUNCTION,
    Culprit.SERVER,
    alone(POSSIBLE, _F.BANNER_TIMEOUT, *_CUT),
    shown_for=_TLS,
    remedies=(RemedyId.CHECK_SERVER_HEALTH,),
    remedies_for=dict.fromkeys(_TLS, (RemedyId.CHECK_TLS_SETTINGS,)),
)
def _server_malfunction(case: Case) -> Judged | None:
    if case.failure in _TLS:  # where TLS is not required, it is no matter of supporting it
        return None if case.view.requires_tls else Judged(POSSIBLE)
    if greets_at_times(case.evidence):
        return Judged(LIKELY, (EvidenceId.GREETED_LATER,))
    if (known := _explained(case)) is not None:
        return known
    return Judged(LIKELY, (EvidenceId.ANOTHER_SERVED,)) if case.view.context.served else None


@ROWS.cause(
    CauseId.EXCHANGE_CERTIFICATE_BROKEN,
    Culprit.SERVER,
    alone(POSSIBLE, _F.STARTTLS_NOT_OFFERED),
    remedies=(RemedyId.REPAIR_EXCHANGE_CERTIFICATE, RemedyId.RELAX_TLS),
)
def _exchange_certificate_broken(case: Case) -> Judged | None:
    if hides_starttls(case.view.greeting):
        return Judged(LIKELY, (EvidenceId.X_ANONYMOUSTLS,), heading=HeadingId.EXCHANGE_HIDES_STARTTLS)
    if case.evidence.helo is not None:
        return Judged(OUT, (EvidenceId.EHLO_REFUSED,))
    masked = is_masked(case.evidence.banner, case.view.greeting)
    exchange = masked or is_exchange(case.evidence, case.view.greeting)
    return None if exchange else Judged(OUT, (EvidenceId.NOT_EXCHANGE,))


@ROWS.cause(
    CauseId.PACKET_INSPECTION,
    Culprit.NETWORK,
    alone(POSSIBLE, _F.BANNER_TIMEOUT, *_CUT, _F.EHLO_MALFORMED, _F.STARTTLS_NOT_OFFERED, _F.STARTTLS_REJECTED)
    | alone(POSSIBLE, _F.DANE_STARTTLS_NOT_SUPPORTED, _F.MTA_STS_TLS_REQUIRED),
    remedies=(RemedyId.CHECK_FIREWALL_INSPECTION,),
    remedies_for={_F.STARTTLS_NOT_OFFERED: (RemedyId.CHECK_FIREWALL_INSPECTION, RemedyId.RELAX_TLS)}
    | {_F.STARTTLS_REJECTED: (RemedyId.CHECK_FIREWALL_INSPECTION, RemedyId.RELAX_TLS)},
)
def _packet_inspection(case: Case) -> Judged | None:
    if (known := _explained(case)) is not None:
        return known
    clean = (EvidenceId.CONTROL_CLEAN,) if is_clean_here(case.evidence.control) else ()
    taken = (EvidenceId.STARTTLS_TAKEN,) if takes_unlisted_starttls(case.evidence) else ()
    gone = case.failure is _F.STARTTLS_NOT_OFFERED
    if is_masked(case.evidence.banner, case.view.greeting):
        keywords = case.view.greeting is not None and capabilities(case.view.greeting).masked_keywords
        beside = HeadingId.STARTTLS_TAKEN if taken else HeadingId.STARTTLS_BESIDE_MASKED_BANNER
        heading = HeadingId.STARTTLS_MASKED if keywords else beside
        return Judged(SURE if taken else LIKELY, (EvidenceId.MASKED, *taken, *clean), heading=heading if gone else None)
    if taken:  # an Exchange server can hide it, too
        verdict = POSSIBLE if hides_starttls(case.view.greeting) else LIKELY
        return Judged(verdict, (*taken, *clean), heading=HeadingId.STARTTLS_TAKEN if gone else None)
    if overwritten_command(case.evidence):
        return Judged(LIKELY, (EvidenceId.COMMAND_OVERWRITTEN,), heading=HeadingId.COMMAND_OVERWRITTEN)
    after_keywords = case.failure in (_F.STARTTLS_NOT_OFFERED, _F.STARTTLS_REJECTED)
    if after_keywords and private_keywords(case.view.greeting):
        return Judged(OUT, (EvidenceId.NOT_MASKED,))
    if case.evidence.helo is not None and case.failure is _F.STARTTLS_NOT_OFFERED:
        return Judged(None, (EvidenceId.EHLO_REFUSED,))  # some pass only the commands of RFC 821
    return Judged(None, clean)


@ROWS.cause(
    CauseId.NETWORK_TROUBLE,
    Culprit.NETWORK,
    alone(POSSIBLE, _F.TCP_UNREACHABLE, _F.BANNER_TIMEOUT, *_CUT),
    remedies=(RemedyId.CHECK_NETWORK_PATH,),
)
def _network_trouble(case: Case) -> Judged | None:
    if is_nowhere_at_all(case):
        return Judged(OUT, (EvidenceId.NO_HOSTS_ADDRESS,))
    if case.failure is _F.TCP_UNREACHABLE:
        return Judged(LIKELY, (EvidenceId.ICMP_SAID,)) if icmp_of(case) in _NO_WAY else None
    if case.evidence.is_unacknowledged:
        return Judged(LIKELY, (EvidenceId.UNACKNOWLEDGED,))
    return _explained(case)


_NO_WAY = frozenset({"net-unreachable", "net-unknown", "no-route", "ttl-exceeded"})


# --- a port that gave no greeting, or another one --------------------------------------------------------------


@ROWS.cause(
    CauseId.IMPLICIT_TLS,
    Culprit.SERVER,
    alone(POSSIBLE, _F.BANNER_TIMEOUT),
    shown_for=(_F.BANNER_CLOSED, _F.BANNER_RESET),
    remedies=(RemedyId.USE_PLAIN_SMTP_PORT,),
)
def _implicit_tls(case: Case) -> Judged | None:
    """Of a port that is silent; some that are hang up when no ClientHello has come for a while."""
    if speaks_implicit_tls(case.evidence):
        return Judged(SURE, (EvidenceId.IMPLICIT_TLS_SEEN,), heading=HeadingId.IMPLICIT_TLS)
    if has_begun_to_greet(case.evidence):
        return Judged(OUT, (EvidenceId.BEGINS_LIKE_SMTP,))
    tried = case.evidence.implicit_tls
    return (
        None
        if tried is None
        else _unanswered(tried.fault, EvidenceId.IMPLICIT_TLS_UNSEEN, EvidenceId.IMPLICIT_TLS_UNANSWERED)
    )


@ROWS.cause(
    CauseId.PROXY_PROTOCOL,
    Culprit.SERVER,
    alone(POSSIBLE, _F.BANNER_TIMEOUT, _F.BANNER_CLOSED, _F.BANNER_RESET),
    shown_for=_BANNER,
    remedies=(RemedyId.SEND_PROXY_HEADER,),
)
def _proxy_protocol(case: Case) -> Judged | None:
    if waits_for_proxy_header(case.evidence):
        return Judged(SURE, (EvidenceId.PROXY_GREETED,), heading=HeadingId.PROXY_PROTOCOL)
    if greets_at_times(case.evidence):
        return Judged(OUT, (EvidenceId.GREETED_LATER,))
    if has_begun_to_greet(case.evidence):
        return Judged(OUT, (EvidenceId.BEGINS_LIKE_SMTP,))
    tried = case.evidence.proxied
    return (
        None if tried is None else _unanswered(tried.banner.fault, EvidenceId.PROXY_UNSEEN, EvidenceId.PROXY_UNANSWERED)
    )


def _unanswered(fault: NetworkFault | None, seen: EvidenceId, silent: EvidenceId) -> Judged:
    """A short look that met silence rules nothing out: the server may only be slow, as it was before."""
    return Judged(None, (silent,)) if fault is not None and fault.kind is FaultKind.TIMED_OUT else Judged(OUT, (seen,))


@ROWS.cause(
    CauseId.PROXY_HEADER_SENT, Culprit.SERVER, {}, shown_for=(*_BANNER, *_EHLO), remedies=(RemedyId.STOP_PROXY_HEADER,)
)
def _proxy_header_sent(case: Case) -> Judged | None:
    """The reverse: a balancer sends the header, and the server does not expect it."""
    if waits_for_proxy_header(case.evidence):
        return Judged(OUT, (EvidenceId.PROXY_GREETED,))
    sign = proxy_header_sent(case.evidence)
    sure = sign in SURE_OF_A_HEADER and case.failure is _F.EHLO_REJECTED
    return None if sign is None else Judged(LIKELY, (sign,), heading=HeadingId.PROXY_HEADER_SENT if sure else None)


# --- what the server says --------------------------------------------------------------------------------------


@ROWS.cause(
    CauseId.MALFORMED_REPLY,
    Culprit.SERVER,
    alone(SURE, _F.EHLO_MALFORMED, _F.STARTTLS_MALFORMED, _F.SESSION_MALFORMED, _F.RECIPIENT_MALFORMED)
    | alone(POSSIBLE, _F.BANNER_NOT_SMTP),
    shown_for=(_F.BANNER_TIMEOUT, _F.EHLO_TIMEOUT, _F.EHLO_REJECTED),
    remedies=(RemedyId.FIX_REPLY_FORMAT, RemedyId.CHECK_FIREWALL_INSPECTION),
    remedies_for={
        _F.BANNER_NOT_SMTP: (RemedyId.CHECK_FIREWALL_INSPECTION,),
        _F.SESSION_MALFORMED: (RemedyId.FIX_REPLY_FORMAT,),
        _F.RECIPIENT_MALFORMED: (RemedyId.FIX_REPLY_FORMAT,),
    },
)
def _malformed_reply(case: Case) -> Judged | None:
    """A greeting that is none: is it a mail server's all the same? And one that never ends, for want of an LF?"""
    if case.failure is _F.BANNER_TIMEOUT:
        ends_in_cr = case.evidence.banner is not None and case.evidence.banner.sample.endswith(r"\x0d")
        return Judged(LIKELY, (EvidenceId.BEGINS_LIKE_SMTP,)) if ends_in_cr else None
    if case.failure is _F.EHLO_TIMEOUT:
        exchange = case.evidence.helo or case.evidence.ehlo
        unended = exchange is not None and re.search(_UNENDED, exchange.sample) is not None
        return Judged(LIKELY, (EvidenceId.LAST_LINE_MISSING,)) if unended else None
    if case.failure is _F.EHLO_REJECTED:
        return (
            Judged(LIKELY, (EvidenceId.ANSWERED_UNASKED,), heading=HeadingId.GREETS_TWICE)
            if _greets_twice(case)
            else None
        )
    if case.failure is not _F.BANNER_NOT_SMTP:
        out_of_place = case.failure is _F.RECIPIENT_MALFORMED and case.view.refusal is not None
        return None if out_of_place else Judged(None, (EvidenceId.BREAKS_THE_RULES,))
    if other_protocol(case.evidence)[0]:
        return Judged(OUT, (EvidenceId.OTHER_PROTOCOL_SEEN,))
    mended = (RemedyId.FIX_REPLY_FORMAT, RemedyId.CHECK_FIREWALL_INSPECTION)
    return Judged(LIKELY, (EvidenceId.BEGINS_LIKE_SMTP,), mended) if has_begun_to_greet(case.evidence) else None


def _greets_twice(case: Case) -> bool:
    banner = case.evidence.banner
    return banner is not None and banner.behind.startswith("220")


@ROWS.cause(
    CauseId.SERVICE_NOT_AVAILABLE,
    Culprit.SERVER,
    alone(SURE, _F.BANNER_REJECTED)
    | alone(LIKELY, _F.EHLO_REJECTED, _F.SESSION_REJECTED)
    | alone(POSSIBLE, _F.BANNER_NOT_SMTP)
    | alone(OUT, _F.EHLO_MALFORMED, _F.STARTTLS_NOT_OFFERED, _F.STARTTLS_REJECTED, _F.STARTTLS_MALFORMED, *_TLS)
    | alone(OUT, _F.SESSION_MALFORMED),
    shown_for=(_F.RECIPIENT_DEFERRED,),
    remedies=(RemedyId.READ_THE_REPLY, RemedyId.CHECK_SERVICE_STATE),
    remedies_for={_F.BANNER_NOT_SMTP: ()},
)
def _service_not_available(case: Case) -> Judged | None:
    """An immediate error; where its words are about the sender, that is the cause, and this only how it is told."""
    if case.failure is _F.BANNER_NOT_SMTP:
        return _explained(case)
    if case.failure not in _REJECTED:
        return _fails_later(case)
    if (known := _explained(case)) is not None:
        return known
    if case.view.refusal_kind is Refusal.SHORT:
        return Judged(None, (EvidenceId.REPLY_RECEIVED,), (RemedyId.RELIEVE_SERVER, RemedyId.CHECK_SERVICE_STATE))
    sender = case.view.refusal_kind in (Refusal.SOURCE, Refusal.RATE, Refusal.HELO)
    told = sender or proxy_header_sent(case.evidence) is not None or _knows_no_helo(case) or _greets_twice(case)
    if not told and case.view.refusal is not None and takes_no_mail(case.view.refusal):
        return Judged(None, (EvidenceId.REPLY_RECEIVED,), (RemedyId.CORRECT_SMART_HOST, RemedyId.READ_THE_REPLY))
    return Judged(POSSIBLE if told else None, (EvidenceId.REPLY_RECEIVED,))


def _fails_later(case: Case) -> Judged | None:
    """At STARTTLS, at MAIL FROM or at RCPT TO, where being short of something is back pressure."""
    at_starttls, seen, kind = case.failure in _AT_STARTTLS, (EvidenceId.REPLY_RECEIVED,), case.view.refusal_kind
    if case.view.ends_at_starttls:
        return Judged(LIKELY, seen, heading=HeadingId.STARTTLS_ENDS_SESSION)
    if at_starttls and kind is Refusal.SHORT:
        mended = (RemedyId.RELIEVE_SERVER, RemedyId.CHECK_SERVICE_STATE)
        return Judged(LIKELY, (*seen, EvidenceId.NAMES_ITS_STATE), mended, heading=HeadingId.MAIL_SYSTEM_REFUSES)
    if at_starttls and kind is Refusal.STATE:  # a dead filter, a lookup that fails
        mended = (RemedyId.CHECK_MAIL_FILTER, RemedyId.CHECK_SERVICE_STATE)
        return Judged(LIKELY, (*seen, EvidenceId.NAMES_THE_MAIL_SYSTEM), mended, heading=HeadingId.MAIL_SYSTEM_REFUSES)
    if case.failure is not _F.RECIPIENT_DEFERRED:
        return None
    if kind is Refusal.STATE:
        mended = (RemedyId.CHECK_MAIL_FILTER, RemedyId.CHECK_SERVICE_STATE)
        if is_exchange(case.evidence, case.view.greeting):  # it has no milters
            mended = (RemedyId.CHECK_SERVICE_STATE, RemedyId.READ_THE_REPLY)
        return Judged(LIKELY, (*seen, EvidenceId.NAMES_ITS_STATE), mended)
    # Courier has nothing but this to say when its queue's daemon is down; greylisting mostly waits for a recipient.
    return Judged(POSSIBLE, seen) if case.evidence.recipient is None and kind is None else None


@ROWS.cause(
    CauseId.SOURCE_BLOCKED,
    Culprit.SERVER,
    alone(POSSIBLE, *_REJECTED, _F.RECIPIENT_REJECTED),
    shown_for=(*_AT_STARTTLS, _F.RECIPIENT_DEFERRED),
    remedies=(RemedyId.ALLOW_EXCHANGE_ONLINE,),
)
def _source_blocked(case: Case) -> Judged | None:
    kind = case.view.refusal_kind
    if case.failure in (*_AT_STARTTLS, _F.RECIPIENT_DEFERRED) and kind is not Refusal.SOURCE:
        return None
    if _wants_login(case):
        mended = (RemedyId.ALLOW_RELAY, RemedyId.POINT_TO_SMTP)
        seen = (EvidenceId.WANTS_A_LOGIN,)
        return Judged(LIKELY, seen, mended, sentence="login-wanted", heading=HeadingId.LOGIN_WANTED)
    if (known := _of_no_client(case)) is not None:
        return known
    if case.failure is _F.RECIPIENT_REJECTED and case.evidence.recipient is None and kind is not Refusal.SOURCE:
        return Judged(None, (), (RemedyId.READ_THE_REPLY, RemedyId.ALLOW_RELAY, RemedyId.ALLOW_EXCHANGE_ONLINE))
    return _told(LIKELY, case, _heading_of_client(case, None)) if kind is Refusal.SOURCE else None


def _wants_login(case: Case) -> bool:
    said = case.view.refusal if case.failure is _F.RECIPIENT_REJECTED and case.evidence.session else None
    return said is not None and (said.code == _LOGIN_WANTED or re.search(_LOGIN, said.wire) is not None)


def _heading_of_client(case: Case, otherwise: HeadingId | None) -> HeadingId | None:
    """At the recipient the class says that he is refused, where it is really the client."""
    return HeadingId.CLIENT_TURNED_DOWN if case.failure in _RECIPIENT else otherwise


def _of_no_client(case: Case) -> Judged | None:
    """What rules out that it is about the address that asks, or how often it does."""
    sign, kind = proxy_header_sent(case.evidence), case.view.refusal_kind
    if other_protocol(case.evidence)[0]:
        return _explained(case)
    if sign is not None and sign in SURE_OF_A_HEADER:
        return Judged(OUT, (sign,))
    named = _names_the_helo(case) if kind is Refusal.HELO else kind in _OF_ITSELF
    return _told(OUT, case) if named else None


@ROWS.cause(
    CauseId.RATE_LIMITED,
    Culprit.SERVER,
    alone(POSSIBLE, *_REJECTED),
    shown_for=(*_AT_STARTTLS, _F.RECIPIENT_REJECTED, _F.RECIPIENT_DEFERRED),
    remedies=(RemedyId.ALLOW_EXCHANGE_ONLINE,),
)
def _rate_limited(case: Case) -> Judged | None:
    kind, reply = case.view.refusal_kind, case.view.refusal
    if case.failure not in _REJECTED and kind is not Refusal.RATE:
        return None
    if (known := _of_no_client(case)) is not None:
        return known
    if kind is Refusal.RATE:
        return _told(LIKELY, case, _heading_of_client(case, HeadingId.TOO_MANY_CONNECTIONS))
    blocked = kind is Refusal.SOURCE and reply is not None and reply.severity == 5
    return _told(OUT, case) if blocked else None


@ROWS.cause(
    CauseId.HELO_NAME, Culprit.SENDER, {}, shown_for=(*_EHLO, *_RECIPIENT), remedies=(RemedyId.GIVE_ANOTHER_NAME,)
)
def _helo_name(case: Case) -> Judged | None:
    """The name in our own EHLO, which Exchange Online does not give."""
    if case.view.refusal_kind is Refusal.HELO:
        return Judged(LIKELY, (EvidenceId.NAMES_THE_HELO,), heading=HeadingId.HELO_NAME)
    return Judged(OUT, (EvidenceId.HELO_WAS_WELCOME,)) if case.failure is _F.SESSION_REJECTED else None


@ROWS.cause(
    CauseId.NOT_A_MAIL_SERVER,
    Culprit.SERVER,
    alone(POSSIBLE, _F.BANNER_TIMEOUT, _F.EHLO_REJECTED) | alone(LIKELY, _F.BANNER_NOT_SMTP),
    shown_for=(_F.BANNER_CLOSED, _F.BANNER_RESET),
    remedies=(RemedyId.POINT_TO_SMTP,),
)
def _not_a_mail_server(case: Case) -> Judged | None:
    if other_protocol(case.evidence)[0]:
        return Judged(SURE, (EvidenceId.OTHER_PROTOCOL_SEEN,), heading=HeadingId.OTHER_PROTOCOL)
    if waits_for_proxy_header(case.evidence):
        return Judged(OUT, (EvidenceId.PROXY_GREETED,))
    said = case.view.refusal
    if _knows_no_helo(case):
        return Judged(LIKELY, (EvidenceId.KNOWS_NO_HELO,))
    if case.failure is _F.EHLO_REJECTED and said is not None and _is_of_smtp(said, case):
        return Judged(OUT, (EvidenceId.SPEAKS_SMTP,))
    if case.failure is _F.BANNER_NOT_SMTP and has_begun_to_greet(case.evidence):
        return Judged(POSSIBLE, (EvidenceId.BEGINS_LIKE_SMTP,))
    return None


def _knows_no_helo(case: Case) -> bool:
    """Whether a command is unknown that every SMTP server must know (RFC 5321 4.5.1), and nobody has overwritten it."""
    answer = case.evidence.helo.reply if case.evidence.helo is not None else None
    unknown = answer is not None and answer.code in _UNKNOWN_COMMAND and case.view.refusal_kind is None
    return unknown and proxy_header_sent(case.evidence) is None and not overwritten_command(case.evidence)


def _is_of_smtp(said: Reply, case: Case) -> bool:
    """Whether only a mail server answers so: with RFC 2034's codes, or about the name in HELO."""
    return any(map(enhanced_status, said.lines)) or _names_the_helo(case)


def _names_the_helo(case: Case) -> bool:
    """Whether its words do, and not its code alone: 501 is what FTP says as well (RFC 959 4.2)."""
    return case.view.refusal is not None and refusal_kind(case.view.refusal)[0] is Refusal.HELO


# --- the recipient ---------------------------------------------------------------------------------------------


@ROWS.cause(
    CauseId.RECIPIENT_REFUSED,
    Culprit.SERVER,
    alone(SURE, _F.RECIPIENT_REJECTED),
    shown_for=(_F.RECIPIENT_DEFERRED,),
    remedies=(RemedyId.READ_THE_REPLY, RemedyId.ALLOW_RELAY),
    remedies_for={_F.RECIPIENT_DEFERRED: (RemedyId.READ_THE_REPLY, RemedyId.TRY_AGAIN)},
)
def _recipient_refused(case: Case) -> Judged | None:
    """A refusal of MAIL FROM comes before any recipient is named (RFC 5321 3.3)."""
    if _wants_login(case):
        return Judged(OUT, (EvidenceId.WANTS_A_LOGIN,))
    if case.evidence.recipient is None:
        return Judged(OUT, (EvidenceId.BEFORE_THE_RECIPIENT,)) if case.failure is _F.RECIPIENT_REJECTED else None
    kind = case.view.refusal_kind
    seen = (EvidenceId.NAMES_THE_RECIPIENT,) if kind is Refusal.RECIPIENT else ()
    if case.failure is _F.RECIPIENT_DEFERRED:
        return Judged(LIKELY, seen) if seen else None
    relays = case.view.refusal is not None and "relay" in case.view.refusal.wire.lower()
    mended = (RemedyId.ALLOW_RELAY, RemedyId.READ_THE_REPLY) if relays else None
    if kind in (Refusal.SOURCE, Refusal.RATE):
        return Judged(POSSIBLE, seen, mended)
    return Judged(LIKELY if case.view.may_miss_our_certificate else None, seen, mended)


@ROWS.cause(CauseId.GREYLISTING, Culprit.SERVER, alone(POSSIBLE, _F.RECIPIENT_DEFERRED), remedies=(RemedyId.TRY_AGAIN,))
def _greylisting(case: Case) -> Judged | None:
    return _told(LIKELY if case.view.refusal_kind is Refusal.GREYLISTING else OUT, case)


@ROWS.cause(
    CauseId.BACK_PRESSURE,
    Culprit.SERVER,
    alone(POSSIBLE, _F.RECIPIENT_DEFERRED),
    remedies=(RemedyId.RELIEVE_SERVER, RemedyId.TRY_AGAIN),
)
def _back_pressure(case: Case) -> Judged | None:
    kind = case.view.refusal_kind
    return _told(LIKELY if kind is Refusal.SHORT else POSSIBLE if kind is Refusal.STATE else OUT, case)
