"""An MX host that the MTA-STS policy does not list: forged, an old answer, another zone, or the policy's own fault?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector_probe.model.connector import Connector
from connector_probe.model.delegation import AuthorityReply, DnsInquiry, ServerSays
from connector_probe.model.evidence import AttemptEvidence, ConnectorEvidence, MxRecord
from connector_probe.model.policy import DaneEvidence, DnssecStatus, SecureLookup, TransportPolicy
from connector_probe.model.verdict import CauseVerdict, Culprit, Diagnosis, FailureClass
from tests.unit import evidence as made
from tests.unit.evidence import NAME
from tests.unit.evidence import concluded as judged
from tests.unit.test_cause_verdicts import enforced, mx_asked_for, says, says_mx

OUT, LIKELY, POSSIBLE = CauseVerdict.RULED_OUT, CauseVerdict.SUPPORTED, CauseVerdict.POSSIBLE
LISTED = "mx.contoso.com"
TTL_LEFT = 200  # of the nameserver's answer, in ``mx_asked_for``


def diagnosed(
    *replies: AuthorityReply, authoritative: bool = False, secure: bool = False, listed: tuple[str, ...] = (LISTED,)
) -> Diagnosis:
    """The nameserver leads to NAME, which the policy does not list; ``replies`` of the domain's own servers."""
    attempt = mx_asked_for(made.session(), *replies, authoritative=authoritative)
    mx = SecureLookup("contoso.com", "MX", DnssecStatus.SECURE, (f"10 {NAME}.",))
    policy = TransportPolicy(DaneEvidence(mx) if secure else None, enforced(*listed))
    resolution = replace(attempt.resolution, mx_domain="contoso.com", mx=(MxRecord(10, NAME),), preference=10)
    return concluded(replace(attempt, policy=policy, resolution=resolution))


def concluded(attempt: AttemptEvidence) -> Diagnosis:
    found = judged(Connector(use_mx="contoso.com"), ConnectorEvidence((attempt,), ((),), made.NOW, 0.3)).diagnosis
    assert found is not None
    assert found.code in (None, "4.4.8")
    return found


def verdicts(found: Diagnosis) -> dict[str, CauseVerdict]:
    return {one.id: one.verdict for one in found.causes}


def evidence_of(cause: str, found: Diagnosis) -> str:
    return " ".join(next(one.evidence for one in found.causes if one.id == cause))


def remedies(found: Diagnosis) -> list[str]:
    return [one.id for one in found.remedies]


def test_another_mx_that_the_policy_lists() -> None:
    found = diagnosed(says_mx(LISTED))
    told = verdicts(found)
    assert (told["sts-mx-redirected"], told["sts-policy-outdated"], told["stale-dns-cache"]) == (LIKELY, OUT, LIKELY)
    assert found.heading == "The MX record is not the one that the domain's own name servers give"
    assert "which it does list" in found.detail
    assert f"for another {TTL_LEFT} s" in evidence_of("stale-dns-cache", found)
    # Not to look would let mail go to whoever forges the record.
    assert remedies(found) == ["trace-mx"]


def test_an_answer_that_lasts_longer_than_the_zone_s_is_hardly_an_old_one() -> None:
    found = diagnosed(replace(says_mx(LISTED), ttl=TTL_LEFT - 1))
    assert verdicts(found)["stale-dns-cache"] is POSSIBLE
    assert f"longer than what the zone gives now ({TTL_LEFT - 1} s)" in evidence_of("stale-dns-cache", found)


def test_the_same_mx_speaks_against_a_forgery_on_the_way_and_no_further() -> None:
    found = diagnosed(says_mx(NAME))
    told = verdicts(found)
    assert (told["sts-mx-redirected"], told["sts-policy-outdated"], told["stale-dns-cache"]) == (POSSIBLE, LIKELY, OUT)
    assert "speaks against a forgery on the way here" in evidence_of("sts-mx-redirected", found)
    assert found.heading == "The MX host is not in the MTA-STS policy"
    assert remedies(found) == ["list-mx-in-policy", "correct-mx", "lift-mta-sts"]


@pytest.mark.parametrize(
    ("replies", "first"),
    [
        ((says_mx("elsewhere.contoso.com"),), "trace-mx"),  # which the policy does not list either
        ((says(ServerSays.NODATA, rdtype="MX"),), "trace-mx"),
        # Each asker gets another answer.
        ((says_mx(LISTED), replace(says_mx("mx2.contoso.com"), address="198.51.100.7")), "list-mx-in-policy"),
    ],
)
def test_a_difference_that_no_policy_explains_supports_nothing(replies: tuple[AuthorityReply, ...], first: str) -> None:
    found = diagnosed(*replies)
    told = verdicts(found)
    assert (told["sts-mx-redirected"], told["sts-policy-outdated"]) == (POSSIBLE, LIKELY)
    assert found.detail.endswith("The domain's own name servers say otherwise.")
    assert remedies(found)[0] == first
    assert remedies(found)[-3:] == ["list-mx-in-policy", "correct-mx", "lift-mta-sts"]


def test_a_host_that_the_domain_names_too_is_no_forgery_whatever_else_differs() -> None:
    """One record of the set has changed, and it is another one."""
    attempt = mx_asked_for(made.session(), says_mx(LISTED, NAME))
    lookup = replace(attempt.resolution.lookups[0], records=(f"10 {NAME}", "20 old.contoso.com"))
    lookups = (lookup, *attempt.resolution.lookups[1:])
    policy = TransportPolicy(None, enforced(LISTED))
    resolution = replace(attempt.resolution, lookups=lookups, mx_domain="contoso.com", mx=(MxRecord(10, NAME),))
    found = concluded(replace(attempt, policy=policy, resolution=resolution))
    assert verdicts(found)["sts-mx-redirected"] is POSSIBLE
    assert verdicts(found)["sts-policy-outdated"] is LIKELY
    assert "trace-mx" not in remedies(found)


def test_a_domain_that_is_an_alias_is_followed_to_its_end() -> None:
    """The MX records belong to the alias's end, and so does what is said of them."""
    attempt = mx_asked_for(made.session(), says_mx(LISTED))
    (walk,) = attempt.resolution.inquiry.walks if attempt.resolution.inquiry is not None else ()
    alias = replace(walk, replies=(says(ServerSays.ALIAS, "fabrikam.com", rdtype="MX"),))
    inquiry = DnsInquiry((alias, replace(walk, name="fabrikam.com")))
    lookups = (replace(attempt.resolution.lookups[0], aliases=("fabrikam.com",)), *attempt.resolution.lookups[1:])
    resolution = replace(
        attempt.resolution, lookups=lookups, inquiry=inquiry, mx_domain="contoso.com", mx=(MxRecord(10, NAME),)
    )
    found = concluded(replace(attempt, policy=TransportPolicy(None, enforced(LISTED)), resolution=resolution))
    assert verdicts(found)["sts-mx-redirected"] is LIKELY


def test_a_zone_of_the_nameserver_s_own_is_split_dns() -> None:
    """What our own zone says is no fault of the domain's: Exchange Online is told otherwise."""
    found = diagnosed(says_mx(LISTED), authoritative=True)
    assert found.class_ is FailureClass.LOCAL_NAMESERVER_UNTRUE
    assert found.culprit is Culprit.THIS_MACHINE
    assert "split DNS" in found.heading
    (see,) = (one for one in found.remedies if one.id == "check-split-dns")
    assert see.commands == ("probe --nameserver <public nameserver> --mx contoso.com",)


def test_what_dnssec_vouches_for_is_old_and_not_forged() -> None:
    found = diagnosed(says_mx(LISTED), secure=True)
    assert verdicts(found)["sts-mx-redirected"] is OUT
    assert verdicts(found)["stale-dns-cache"] is LIKELY
    alone = diagnosed(secure=True)
    assert verdicts(alone)["sts-mx-redirected"] is POSSIBLE
    assert "DNSSEC vouches" in evidence_of("sts-mx-redirected", alone)


def test_silence_of_the_domain_s_servers_says_nothing() -> None:
    found = diagnosed(says(ServerSays.TIMED_OUT, rdtype="MX"))
    told = verdicts(found)
    assert told["sts-mx-redirected"] is POSSIBLE
    assert "stale-dns-cache" not in told
    assert evidence_of("sts-mx-redirected", found) == ""
    assert verdicts(diagnosed())["sts-mx-redirected"] is POSSIBLE
