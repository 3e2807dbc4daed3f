"""The second look at DNS in the diagnosis: verdicts on causes, and what to do first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connector_probe.diagnosis.dns.delegation import Authorities, Picture, Standing
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.view import View
from connector_probe.model.delegation import LAME, Registration, ServerSays
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.verdict import UNTELLABLE, CauseVerdict, FailureClass

Sharpening = tuple[CauseVerdict | None, tuple[str, ...]]
_CONFIRMED, _SUPPORTED = CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED
_POSSIBLE, _OUT = CauseVerdict.POSSIBLE, CauseVerdict.RULED_OUT
_NOTHING: Sharpening = (None, ())
# What to do against a cause: first when the second look has confirmed it, not at all when it has ruled it out.
_AGAINST = {"domain-expired": "renew-domain", "dns-hosting-trouble": "fix-dns"}
_AGAINST |= {"record-missing": "add-address-record", "name-does-not-exist": "correct-smart-host"}
# Where our nameserver got no usable answer itself.
_TROUBLED = frozenset(
    {FailureClass.DNS_SERVFAIL, FailureClass.DNS_REFUSED, FailureClass.DNS_TIMEOUT, FailureClass.DNS_MALFORMED}
)
_CONNECT = frozenset({FailureClass.TCP_REFUSED, FailureClass.TCP_TIMEOUT, FailureClass.TCP_UNREACHABLE})
# Causes and remedies that no class has by itself; the second look at DNS brings them in.
EXTRA_CAUSES = ("split-horizon",)
EXTRA_REMEDIES = (
    *("repair-mx", "correct-domain", "publish-mx"),
    *("repair-dnssec", "wait-for-cache", "trace-mx", "check-split-dns"),
)


def picture_of(view: View) -> Picture | None:
    """None where no second look was taken."""
    resolution, lookup = view.evidence.resolution, deciding_lookup(view.evidence)
    if resolution.inquiry is None or lookup is None:
        return None
    return Picture(resolution, lookup.last_name, view.evidence.address)


def sharpen(identifier: str, failure: FailureClass, view: View) -> Sharpening:
    """What the second look says of one cause: a verdict (None: no other than before) and sentences."""
    picture = picture_of(view)
    if picture is None or identifier not in _BY_CAUSE:
        return _NOTHING
    if failure is FailureClass.MTA_STS_MX_NOT_LISTED and identifier == "stale-dns-cache":
        return _NOTHING  # which ``mx_origin`` weighs against a forgery
    if picture.unreached:
        return (None, ("walk-unanswered",)) if identifier == "dns-hosting-trouble" else _NOTHING
    return _BY_CAUSE[identifier](failure, picture)


def unsettled_domain(view: View) -> str | None:
    """The registered domain of which the delegation leaves open whether it has expired; None where it does not."""
    picture = picture_of(view)
    standing = picture.standing if picture is not None else None
    if standing is None or view.evidence.address is not None or standing.no_such_top_level:
        return None
    open_ = standing.undelegated or standing.parked is not None or standing.authorities is Authorities.NOTHING
    return standing.walk.domain if open_ else None


def extra_causes(failure: FailureClass, view: View) -> tuple[str, ...]:
    """Causes that this class does not have by itself, and that the second look has something to say of."""
    picture = picture_of(view)
    if picture is None or failure in UNTELLABLE:
        return ()
    found = []
    compared = picture.difference is not None or picture.same is not None
    if compared and failure in (*_CONNECT, FailureClass.MTA_STS_MX_NOT_LISTED):
        found.append("stale-dns-cache")
    if failure in _CONNECT and picture.out_of_step:
        found.append("dns-hosting-trouble")
    if failure in _CONNECT and picture.standing is not None and picture.standing.parked is not None:
        found.append("domain-expired")
    if _split(failure, picture) != _NOTHING:
        found.append("split-horizon")
    return tuple(found)


def remedies_of(failure: FailureClass, view: View, usual: Sequence[str]) -> tuple[str, ...]:
    """``usual``, each once, with what the second look found in front."""
    picture = picture_of(view)
    if picture is None or failure in UNTELLABLE:  # what is wrong here is mended here
        return tuple(dict.fromkeys(usual))
    first = []
    if picture.bogus is not None:
        first.append("repair-dnssec")
    if picture.difference is not None:
        cached = "trace-mx" if failure is FailureClass.MTA_STS_MX_NOT_LISTED else "wait-for-cache"
        first.append("check-split-dns" if picture.difference.own_zone else cached)
    if picture.out_of_step:
        first.append("fix-dns")
    if failure not in _CONNECT and picture.standing is not None and picture.standing.undelegated:
        first.append("renew-domain")
    verdicts = {
        _AGAINST[cause]: sharpen(cause, failure, view)[0] for cause, _ in PROFILES[failure].causes if cause in _AGAINST
    }
    first += [remedy for remedy in usual if verdicts.get(remedy) is _CONFIRMED]
    rest = [remedy for remedy in usual if verdicts.get(remedy) is not _OUT]
    return tuple(dict.fromkeys((*first, *rest))) or tuple(usual)


# --- the causes ------------------------------------------------------------------------------------------------


def _hosting(failure: FailureClass, picture: Picture) -> Sharpening:
    if picture.bogus is not None:
        return _CONFIRMED, ("dnssec-bogus",)
    if picture.out_of_step:
        return _CONFIRMED, ("authorities-out-of-step",)
    standing = picture.standing
    if standing is None:
        return _NOTHING
    if standing.authorities is Authorities.DISAGREE:
        return _CONFIRMED, ("authorities-disagree",)
    if standing.undelegated or standing.no_such_top_level:
        return _OUT, ()
    if standing.authorities is Authorities.NOTHING:
        return all_failed(failure, standing)
    if standing.failed or standing.nameless:
        return (_SUPPORTED if failure in _TROUBLED else _POSSIBLE), ("some-authorities-fail", "authorities-answer")
    if failure in _TROUBLED:
        return _POSSIBLE, ("authorities-answer-us",)
    return _OUT, ("authorities-answer",)


def all_failed(failure: FailureClass, standing: Standing) -> Sharpening:
    bad = standing.failed
    if not bad and not standing.nameless:
        return _NOTHING
    asked = {one.address for one in standing.last_zone if one.status is not ServerSays.NOT_ASKED}
    if failure not in _TROUBLED or len(bad) < len(asked):  # some were silent, and that says nothing here
        return None, ("some-authorities-fail",)
    sure = standing.from_the_roots or all(one.status not in LAME for one in bad)
    return (_CONFIRMED if sure and bad else _SUPPORTED), ("authorities-fail",)


def hosting_is_convicted(picture: Picture) -> bool:
    """Whether the name's authoritative servers themselves have shown to fail."""
    standing = picture.standing
    return standing is not None and all_failed(FailureClass.DNS_SERVFAIL, standing)[0] is _CONFIRMED


def _expired(failure: FailureClass, picture: Picture) -> Sharpening:
    standing = picture.standing
    if standing is None:
        return _NOTHING
    verdict, evidence = _by_delegation(standing)
    told, more = by_registry(picture.registration)
    return told or verdict, (*evidence, *more)


def by_registry(registration: Registration | None) -> Sharpening:
    if registration is None:
        return _NOTHING
    if registration.found is None:
        return None, ("rdap-unreachable",)
    if not registration.found:
        return None, ("rdap-unknown",)
    expires, asked_at = registration.expires, registration.asked_at
    over = expires is not None and asked_at is not None and expires < asked_at
    if over or _ENDED & set(registration.statuses):
        return _CONFIRMED, ("rdap-registered",)
    return (_SUPPORTED if _HELD & set(registration.statuses) else _OUT), ("rdap-registered",)


# RFC 8056: after the end of a registration; and what a registrar or registry does to one that is not paid for, after
# which a registry may show a new date all the same (auto renew).
_ENDED = frozenset({"redemption period", "pending delete", "pending restore"})
_HELD = frozenset({"auto renew period", "client hold", "server hold"})


def _by_delegation(standing: Standing) -> Sharpening:
    if standing.no_such_top_level:
        return _OUT, ("no-such-top-level",)
    if standing.undelegated:
        return _SUPPORTED, ("not-delegated",)
    if standing.parked is not None:
        return _SUPPORTED, ("parked-at",)
    if not standing.delegated_to:
        return _NOTHING
    return (_OUT if standing.spoke else _POSSIBLE), ("delegated-to",)


def _stale(failure: FailureClass, picture: Picture) -> Sharpening:
    difference = picture.difference
    if difference is not None and difference.own_zone:
        return _OUT, ("own-zone",)
    if difference is not None:
        filtered = difference.ours.status is not LookupStatus.ANSWER and difference.ours.ttl is None
        ttl = () if difference.ours.ttl is None else ("ttl-left",)
        evidence = ("stale-differs", *ttl, "no-soa") if filtered else ("stale-differs", *ttl)
        if difference.varying and difference.ours.status is LookupStatus.ANSWER:
            return _POSSIBLE, evidence
        return (_CONFIRMED if difference.certain else _SUPPORTED), evidence
    return (_OUT, ("authority-same",)) if picture.same is not None else _NOTHING


def _split(failure: FailureClass, picture: Picture) -> Sharpening:
    """Our nameserver has the zone itself: does the public see the same?"""
    difference = picture.difference
    if difference is not None:
        return (_CONFIRMED, ("split-differs",)) if difference.own_zone else _NOTHING
    if picture.same is not None and any(one.authoritative for one in picture.resolution.lookups):
        return _OUT, ("authority-same",)
    return _NOTHING


def _name_missing(failure: FailureClass, picture: Picture) -> Sharpening:
    standing = picture.standing
    if standing is None or standing.authorities is Authorities.NOTHING:
        return _NOTHING
    if standing.authorities is Authorities.DISAGREE:
        return _POSSIBLE, ()
    if standing.undelegated:
        if by_registry(picture.registration)[0] is _CONFIRMED:
            return _OUT, ()
        unknown = picture.registration is not None and picture.registration.found is False
        return (_SUPPORTED if unknown else _POSSIBLE), ()
    if standing.authorities is Authorities.NO_NAME:
        return _CONFIRMED, ("authority-says",)
    return _OUT, ("authority-says",)


def _record_missing(failure: FailureClass, picture: Picture) -> Sharpening:
    standing = picture.standing
    if standing is None or standing.authorities is Authorities.NOTHING:
        return _NOTHING
    if standing.authorities is Authorities.DISAGREE:
        return _POSSIBLE, ()
    if standing.authorities is Authorities.RECORD:
        return _OUT, ("authority-says",)
    return _CONFIRMED, ("authority-says",)


_BY_CAUSE: dict[str, Callable[[FailureClass, Picture], Sharpening]] = {
    "dns-hosting-trouble": _hosting,
    "domain-expired": _expired,
    "stale-dns-cache": _stale,
    "split-horizon": _split,
    "name-does-not-exist": _name_missing,
    "record-missing": _record_missing,
}
