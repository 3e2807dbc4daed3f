"""The second look at DNS in the diagnosis: verdicts on causes, the facts for their sentences, and what to do first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from connector_probe.diagnosis.catalogue import Catalogue
from connector_probe.diagnosis.dns.delegation import SETTLED, Authorities, Difference, Picture, Standing
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.view import View
from connector_probe.model.delegation import LAME, SILENT, AuthorityReply, Recheck, Registration, ServerSays
from connector_probe.model.evidence import Lookup, LookupStatus
from connector_probe.model.verdict import UNTELLABLE, CauseVerdict, FailureClass

Sharpening = tuple[CauseVerdict | None, tuple[str, ...]]
_CONFIRMED, _SUPPORTED = CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED
_POSSIBLE, _OUT = CauseVerdict.POSSIBLE, CauseVerdict.RULED_OUT
_NOTHING: Sharpening = (None, ())
MAX_LISTED = 4
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
    queried = lookup.aliases[-1] if lookup.aliases else lookup.name
    return Picture(resolution, queried, view.evidence.address)


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
        return _all_failed(failure, standing)
    if standing.failed or standing.nameless:
        return (_SUPPORTED if failure in _TROUBLED else _POSSIBLE), ("some-authorities-fail", "authorities-answer")
    if failure in _TROUBLED:
        return _POSSIBLE, ("authorities-answer-us",)
    return _OUT, ("authorities-answer",)


def _all_failed(failure: FailureClass, standing: Standing) -> Sharpening:
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
    return standing is not None and _all_failed(FailureClass.DNS_SERVFAIL, standing)[0] is _CONFIRMED


def _expired(failure: FailureClass, picture: Picture) -> Sharpening:
    standing = picture.standing
    if standing is None:
        return _NOTHING
    verdict, evidence = _by_delegation(standing)
    told, more = _by_registry(picture.registration)
    return told or verdict, (*evidence, *more)


def _by_registry(registration: Registration | None) -> Sharpening:
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
        if _by_registry(picture.registration)[0] is _CONFIRMED:
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


# --- the facts -------------------------------------------------------------------------------------------------


def dns_facts(view: View, words: Catalogue) -> dict[str, str]:
    """What the sentences about the second look are filled with, and the hint for the detail."""
    picture = picture_of(view)
    if picture is None:
        return {}
    found = _of_difference(picture.difference, words) | _of_recheck(picture.bogus)
    if picture.same is not None:
        found |= {"same_label": label(picture.same), "same_said": said(picture.same, words)}
    if picture.standing is not None:
        found |= _of_standing(picture.standing, words)
    found["versions"] = words.listed(_version(one, picture, words) for one in picture.out_of_step[:MAX_LISTED])
    if picture.registration is not None:
        found |= _of_registration(picture.registration, words)
    hint = _hint(picture)
    if hint is not None:
        found["dns_hint"] = words.text["between-sentences"] + words.evidence[hint].format_map(_Blank(found))
    return found


def _version(reply: AuthorityReply, picture: Picture, words: Catalogue) -> str:
    """ "ns1.contoso.com [192.0.2.53] (serial 2026112402): A 203.0.113.7"."""
    spoke = [one for standing in picture.standings for one in standing.spoke if one.address == reply.address]
    serial = next((one.serial for one in spoke if one.serial is not None), 0)
    told = words.facts["zone-version"].format_map({"server": label(reply), "zone_serial": serial})
    return f"{told}: {said(reply, words)}"


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def dns_heading(view: View) -> str | None:
    """The key of the sentence that names what is broken, where the second look at DNS has shown it."""
    picture = picture_of(view)
    hint = _hint(picture) if picture is not None else None
    if picture is None or hint is None:
        return None
    if hint == "hint-stale" and picture.difference is not None:
        return "old-answer" if picture.difference.certain else "other-answer"
    if hint == "hint-fail" and _is_settled(picture):  # what the nameserver said is the failure; this stands beside it
        return None
    return _HEADINGS[hint]


_HEADINGS = {
    "hint-bogus": "dnssec-broken",
    "hint-split": "own-zone",
    "hint-expired": "domain-expired",
    "hint-undelegated": "not-delegated",
    "hint-registered": "not-delegated-but-registered",
    "hint-disagree": "authorities-disagree",
    "hint-fail": "authorities-fail",
    "hint-answer": "nameserver-fails",
}


def _hint(picture: Picture) -> str | None:
    """The one thing to say next to what was seen."""
    standing = picture.standing
    if picture.unreached:
        return None
    if picture.bogus is not None:
        return "hint-bogus"
    if picture.difference is not None:
        return "hint-split" if picture.difference.own_zone else "hint-stale"
    if picture.out_of_step:
        return "hint-disagree"
    if standing is None or picture.address is not None:
        return None
    verdict, _ = _by_registry(picture.registration)
    if verdict is _CONFIRMED:
        return "hint-expired"
    if standing.undelegated:
        return "hint-undelegated" if verdict is None else "hint-registered"
    if standing.authorities is Authorities.DISAGREE:
        return "hint-disagree"
    if standing.authorities is Authorities.NOTHING:
        return "hint-fail" if _all_failed(FailureClass.DNS_SERVFAIL, standing)[0] is not None else None
    return None if _is_settled(picture) else "hint-answer"


def _is_settled(picture: Picture) -> bool:
    """Whether the nameserver itself knew the answer."""
    return any(one.status in SETTLED for one in picture.resolution.lookups)


def _of_difference(difference: Difference | None, words: Catalogue) -> dict[str, str]:
    if difference is None:
        return {}
    ttl = difference.ours.ttl
    return {
        "stale_theirs": said(difference.theirs, words),
        "stale_authority": label(difference.theirs),
        "stale_nameserver": difference.ours.nameserver or "",
        "stale_ours": _ours(difference.ours, words),
        "ttl_left": "" if ttl is None else str(ttl),
        "ttl_zone": "" if difference.theirs.ttl is None else str(difference.theirs.ttl),
    }


def _of_recheck(recheck: Recheck | None) -> dict[str, str]:
    if recheck is None:
        return {}
    return {
        "recheck_nameserver": recheck.nameserver,
        "recheck_asked": f"{recheck.name} {recheck.rdtype}",
        "recheck_error": f" ({recheck.error})" if recheck.error else "",
    }


def _of_standing(standing: Standing, words: Catalogue) -> dict[str, str]:
    found = {
        "zone": standing.walk.zones[-1] if standing.walk.zones else "",
        "failed_list": _told((*standing.failed, *standing.nameless), words),
        "registered_domain": standing.walk.domain or "",
        "delegated_to": _some(standing.delegated_to, words),
        "parked": standing.parked or "",
    }
    states = [reply for state in _BY_WEIGHT if (reply := standing.saying(state)) is not None]
    if states:
        first = states[0]
        found |= {
            "disagreement": _told(states, words),
            "authority_label": label(first),
            "authority_said": words.listed(said(one, words) for one in _of_server(standing, first)),
            "registry_zone": "." if first.zone == "." else f".{first.zone}",
        }
    return found


def _of_registration(registration: Registration, words: Catalogue) -> dict[str, str]:
    expires = registration.expires
    return {
        "rdap_domain": registration.domain,
        "rdap_expires": "?" if expires is None else f"{expires:%Y-%m-%d}",
        "rdap_statuses": _some(registration.statuses, words) or "-",
        "rdap_registrar": registration.registrar or "?",
        "rdap_fault": registration.fault,
    }


_BY_WEIGHT = (Authorities.RECORD, Authorities.NO_RECORD, Authorities.NO_NAME)


def _of_server(standing: Standing, first: AuthorityReply) -> list[AuthorityReply]:
    """What the server of ``first`` says by the same transport: one reply a type, or the one that stands for all."""
    replies = [one for one in standing.spoke if one.address == first.address and one.transport == first.transport]
    if first.status is ServerSays.ANSWER:
        return [one for one in replies if one.status is ServerSays.ANSWER]
    return replies if first.status is ServerSays.NODATA else [first]


def label(reply: AuthorityReply) -> str:
    """ "ns1.contoso.com [192.0.2.53]"."""
    if reply.address is None:
        return reply.server
    return f"{reply.server} [{reply.address}]" if reply.server else f"[{reply.address}]"


def said(reply: AuthorityReply, words: Catalogue) -> str:
    """ "A 203.0.113.7", "NXDOMAIN", "AAAA: nodata", "timed-out"."""
    if reply.status in _RECORDS:
        return f"{_RECORDS[reply.status] or reply.rdtype} {_some(reply.records, words)}"
    if reply.status is ServerSays.NODATA:
        return f"{reply.rdtype}: {words.facts['server-nodata']}"
    if reply.status is ServerSays.NOT_ASKED:
        return words.facts.get(f"not-asked-{reply.note}", words.facts["server-not-asked"])
    if reply.rcode not in (None, "NOERROR"):
        return str(reply.rcode)
    word = words.facts[f"server-{reply.status}"]
    return f"{word} ({reply.note})" if reply.note and reply.status in SILENT else word


_RECORDS = {ServerSays.ANSWER: "", ServerSays.ALIAS: "CNAME", ServerSays.REFERRAL: "NS"}


def _ours(lookup: Lookup, words: Catalogue) -> str:
    if lookup.aliases:
        return f"CNAME {lookup.aliases[0]}"
    if lookup.records:
        return f"{lookup.rdtype} {_some(lookup.records, words)}"
    if lookup.status is LookupStatus.NXDOMAIN:
        return "NXDOMAIN"
    return f"{lookup.rdtype}: {words.facts[f'lookup-{lookup.status}']}"


def _told(replies: Iterable[AuthorityReply], words: Catalogue) -> str:
    """ "ns1.contoso.com [192.0.2.53]: NXDOMAIN" for each."""
    return _some([f"{label(one)}: {said(one, words)}" for one in replies], words)


def _some(texts: Sequence[str], words: Catalogue) -> str:
    """The first few, and how many more there are."""
    rest = len(texts) - MAX_LISTED
    return words.listed(texts[:MAX_LISTED]) + (f" (+{rest})" if rest > 0 else "")
