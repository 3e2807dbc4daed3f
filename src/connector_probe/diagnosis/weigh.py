"""Which of the causes the evidence confirms, supports or rules out, and what to do: the leading cause's remedies first.

Each row of ``causes`` judges for itself; here they are put in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from connector_probe.diagnosis.causes import CAUSES
from connector_probe.diagnosis.causes.row import Case, Judged, WeighedCause
from connector_probe.diagnosis.dns.facts import dns_heading
from connector_probe.diagnosis.dns.mx_origin import mx_heading
from connector_probe.diagnosis.replies import may_pass
from connector_probe.model.ids import CauseId, HeadingId, RemedyId
from connector_probe.model.verdict import WORTH_READING, CauseVerdict, Culprit, FailureClass

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View

_ORDER = tuple(CauseVerdict)
# Of the owner of the server, or of one's own organization: not said of a partner's server.
OWN_SERVER_ONLY = frozenset(
    {RemedyId.START_SMTP_SERVICE, RemedyId.DISABLE_CONNECTOR, RemedyId.SET_AUTHORITATIVE, RemedyId.CHECK_SERVICE_STATE}
)
# Said only where the evidence speaks for the cause that it mends: what is merely possible is no reason to change it.
ONLY_IF_LIKELY = frozenset(
    {
        RemedyId.USE_PLAIN_SMTP_PORT,
        RemedyId.SEND_PROXY_HEADER,
        RemedyId.STOP_PROXY_HEADER,
        RemedyId.POINT_TO_SMTP,
        RemedyId.REPAIR_EXCHANGE_CERTIFICATE,
        RemedyId.REPAIR_STARTTLS,
        RemedyId.RELAX_TLS,
        RemedyId.CHECK_APPLIANCE,
        RemedyId.GIVE_ANOTHER_NAME,
        RemedyId.RELIEVE_SERVER,
    }
)
# What gives something up, so that mail flows until the rest is mended: said last.
LAST_RESORTS = frozenset(
    {
        RemedyId.RELAX_TLS,
        RemedyId.WITHDRAW_TLSA,
        RemedyId.REMOVE_DS,
        RemedyId.MAKE_DANE_OPPORTUNISTIC,
        RemedyId.SET_POLICY_TESTING,
        RemedyId.LIFT_DANE,
        RemedyId.LIFT_MTA_STS,
    }
)
AGAIN = RemedyId.PROBE_AGAIN  # said of what may pass, and was tried only once
_FOR_MX = {RemedyId.CORRECT_SMART_HOST: RemedyId.REPAIR_MX}
_FOR_A_DOMAIN_WITHOUT_MX = {
    RemedyId.CORRECT_SMART_HOST: RemedyId.CORRECT_DOMAIN,
    RemedyId.ADD_ADDRESS_RECORD: RemedyId.PUBLISH_MX,
}
_FOR_A_SMART_HOST = (RemedyId.CORRECT_SMART_HOST, RemedyId.ADD_ADDRESS_RECORD)  # which need no MX records
_NO_HOST_BY_MX = frozenset({FailureClass.DNS_NULL_MX, FailureClass.DNS_NXDOMAIN, FailureClass.DNS_NO_ADDRESS})


def weigh(failure: FailureClass, view: View) -> tuple[WeighedCause, ...]:
    """The causes of ``failure``, what is most sure first, what is ruled out last.

    Of those that are as sure, first what only a sign brings in, then what the class itself speaks for.
    """
    case = Case(failure, view)
    found = []
    for row in CAUSES.values():
        alone = row.explains.get(failure)
        if alone is None and failure not in row.shown_for:
            continue
        judged = row.judge(case) or Judged(None)
        verdict = judged.verdict or alone
        if verdict is not None:
            culprit, remedies = judged.culprit or row.culprit, judged.remedies
            if remedies is None:
                remedies = row.usual_remedies(failure)
            cause = WeighedCause(row.id, verdict, culprit, judged.evidence, remedies, judged.sentence, judged.heading)
            found.append((_ORDER.index(verdict), -1 if alone is None else _ORDER.index(alone), cause))
    return tuple(cause for *_, cause in sorted(found, key=lambda one: one[:2]))


def culprit_of(causes: Sequence[WeighedCause]) -> Culprit:
    """Whose it is to mend: that of the leading cause; unknown where others that are no less possible are another's."""
    if not causes or causes[0].verdict is CauseVerdict.RULED_OUT:
        return Culprit.UNKNOWN
    rivals = {cause.culprit for cause in causes if cause.verdict is causes[0].verdict}
    alone = len(rivals) == 1 or causes[0].verdict in WORTH_READING
    return causes[0].culprit if alone else Culprit.UNKNOWN


_AT_THE_SENDER = {
    FailureClass.RECIPIENT_REJECTED: HeadingId.SENDER_REJECTED,
    FailureClass.RECIPIENT_DEFERRED: HeadingId.SENDER_DEFERRED,
}


def heading_of(failure: FailureClass, view: View, causes: Sequence[WeighedCause]) -> HeadingId | None:
    """The first sentence: that of the leading cause, where the evidence speaks for it, else what names what is broken.

    None: the class's own title.
    """
    if causes and causes[0].verdict in WORTH_READING and causes[0].heading is not None:
        return causes[0].heading
    if failure.value.startswith("dns-"):
        return dns_heading(view)
    if failure is FailureClass.MTA_STS_MX_NOT_LISTED:
        return mx_heading(view)
    return _AT_THE_SENDER.get(failure) if view.evidence.recipient is None else None


def remedies_of(failure: FailureClass, view: View, causes: Sequence[WeighedCause]) -> tuple[RemedyId, ...]:
    """In the order in which to try them: those of the leading cause first."""
    open_ = [cause for cause in causes if cause.verdict is not CauseVerdict.RULED_OUT]
    of_some = [(cause.verdict in WORTH_READING, remedy) for cause in open_ for remedy in cause.remedies]
    said = [remedy for likely, remedy in of_some if likely or remedy not in ONLY_IF_LIKELY]
    said = said or [remedy for cause in causes for remedy in cause.remedies]
    resolution = view.evidence.resolution
    if resolution.mx_domain is not None:  # what is to be corrected is not the server's name in the connector
        instead = _FOR_MX if resolution.mx else _FOR_A_DOMAIN_WITHOUT_MX
        said = [instead.get(one, one) for one in said]
    if resolution.smart_host is not None and failure in _NO_HOST_BY_MX:
        said = [*_FOR_A_SMART_HOST, *said]
    if may_pass(failure, view) and not view.evidence.earlier_failures:
        said.insert(1, AGAIN)
    return tuple(sorted(dict.fromkeys(said), key=lambda one: one in LAST_RESORTS))


# --- without evidence ------------------------------------------------------------------------------------------


def by_class_alone(failure: FailureClass) -> dict[CauseId, CauseVerdict]:
    """What the class alone says of each cause; the surest first."""
    found = {row.id: row.explains[failure] for row in CAUSES.values() if failure in row.explains}
    return dict(sorted(found.items(), key=lambda one: _ORDER.index(one[1])))


def usual_remedies(failures: Iterable[FailureClass], likely: Collection[CauseId] = ()) -> tuple[RemedyId, ...]:
    """What may mend failures of these classes; last what only a sign would speak for, and what gives something up.

    ``likely``: the causes that something else speaks for.
    """
    said, sure = dict[RemedyId, None](), set[RemedyId]()
    for failure in failures:
        rows = [
            CAUSES[cause] for cause, verdict in by_class_alone(failure).items() if verdict is not CauseVerdict.RULED_OUT
        ]
        signs = (row for row in CAUSES.values() if failure in row.shown_for and failure not in row.explains)
        rows += [row for row in signs if row.culprit is not Culprit.DNS]  # which shows where a lookup fails
        for row in rows:
            remedies = row.usual_remedies(failure)
            said |= dict.fromkeys(remedies)
            sure |= set(remedies) if row.id in likely else set()
    return tuple(sorted(said, key=lambda one: (one in ONLY_IF_LIKELY - sure, one in LAST_RESORTS)))
