"""SMTP DANE against real zones: Knot with zones signed well, badly and by itself; Unbound validating in front."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connector_probe import Connector, Result, TlsSettings
from connector_probe.api import probe
from connector_probe.formats.json import render
from connector_probe.formats.options import RenderOptions
from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.model.connector import SmtpDaneMode
from connector_probe.model.policy import DnssecReason, DnssecStatus
from connector_probe.model.verdict import CauseVerdict, Confidence
from connector_probe.network import SystemNetwork
from connector_probe.stages.dnssec import Validator
from connector_probe.stages.nameservers import Nameserver
from connector_probe.trust import load_anchors
from tests.real.authority import Authority, Files
from tests.real.mailbox import mailbox, tls_context
from tests.real.parts import free_ports
from tests.real.signed import SignedKnot, ValidatingUnbound, ZoneKey, certificates, keys_of, signed, tlsa, with_changed
from tests.real.verdicts import HEALTHY, WARNING, Verdict, command_line, first_said, result_of, verdict_of

OPPORTUNISTIC, BY_NAME = TlsSettings.OPPORTUNISTIC, TlsSettings.DOMAIN_VALIDATION
DNSSEC_INVALID = Verdict("failing", "4.7.324", "dane-dnssec-invalid", "dns")
TLSA_INVALID = Verdict("failing", "4.7.323", "dane-tlsa-invalid", "certificate")
NO_DANE = Verdict("failing", None, "dane-required", "dns")
UNTOLD = Verdict("unknown", None, "local-dnssec", "dns")
_HEAD = """$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
"""


@dataclass(frozen=True)
class World:
    """Nameservers as --nameserver takes them; ``port`` is where the mail servers of all domains are."""

    knot: str
    unbound: str
    erring: str  # another one, with a wrong trust anchor for ee.test
    anchors: str
    port: int
    files: Files  # what the TLSA records are of

    def connector(self, domain: str, **more: object) -> Connector:
        settings: dict[str, object] = {
            "use_mx": domain,
            "port": self.port,
            "nameservers": [self.knot],
            "tls": OPPORTUNISTIC,
            "trust_anchor": self.anchors,
        }
        return Connector(**(settings | more))  # type: ignore[arg-type]


def _domain(*records: str) -> str:
    """A zone with one MX host at 127.0.0.1."""
    return _HEAD + "@ MX 10 mail\nmail A 127.0.0.1\n" + "".join(f"{record}\n" for record in records)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("signed")
    port, knot_port, unbound_port, erring_port = free_ports(4)
    files = authority.good()
    leaf, intermediate = certificates(files.chain)
    at = f"_{port}._tcp.mail"
    ee, ta = tlsa(3, 1, 1, leaf), tlsa(2, 1, 1, intermediate)
    plain = {
        "contoso.test": _domain(f"{at} {ta}"),
        "fabrikam.test": _domain(f"{at} {ta}"),
        "ee.test": _domain(f"{at} {ee}"),
        "ee-whole.test": _domain(f"{at} {tlsa(3, 0, 0, leaf)}"),
        "ee-sha512.test": _domain(f"{at} {tlsa(3, 0, 2, leaf)}"),
        "rollover.test": _domain(f"{at} {tlsa(3, 1, 1, intermediate)}", f"{at} {ee}"),
        "mismatch.test": _domain(f"{at} TLSA 3 1 1 {'ab' * 32}"),
        "issuer-as-own.test": _domain(f"{at} {tlsa(3, 1, 1, intermediate)}"),
        "own-as-issuer.test": _domain(f"{at} {tlsa(2, 0, 1, leaf)}"),
        "key-as-whole.test": _domain(f"{at} {tlsa(3, 1, 2, leaf).replace('3 1 2', '3 0 2')}"),
        "old-and-misnumbered.test": _domain(f"{at} TLSA 3 1 1 {'ab' * 32}", f"{at} {tlsa(2, 1, 1, leaf)}"),
        "unusable.test": _domain(f"{at} {tlsa(1, 1, 1, leaf)}"),
        "none.test": _domain(),
        "implicit.test": _HEAD + f"@ A 127.0.0.1\n_{port}._tcp {ee}\n",
        "alias.test": _HEAD + f"@ MX 10 mx\nmx CNAME mail\nmail A 127.0.0.1\n{at} {ee}\n",
        "two.test": _HEAD
        + "@ MX 10 mail\n@ MX 20 other\nmail A 127.0.0.1\nother A 127.0.0.1\n"
        + f"{at} {tlsa(3, 1, 1, intermediate)}\n",
        "changed.test": _domain(f"{at} {ee}"),
        "expired.test": _domain(f"{at} {ee}"),
        "early.test": _domain(f"{at} {ee}"),
        "wrong-ds.test": _domain(f"{at} {ee}"),
        "unsigned.test": _domain(f"{at} {ee}"),
        "stripped.test": _domain(f"{at} {ee}"),
        "mixed.test": _HEAD + "@ MX 10 mail.sub\nmain A 127.0.0.1\nsub NS ns\n",
    }
    key = ZoneKey.make()
    dates = {"expired.test": {"days": -5.0, "from_day": -13.0}, "early.test": {"days": 9.0, "from_day": 1.0}}
    zones = {
        name: text if name in ("unsigned.test", "stripped.test") else signed(name, text, key, **dates.get(name, {}))
        for name, text in plain.items()
    }
    zones["changed.test"] = with_changed(
        zones["changed.test"], "mail.changed.test. 300 IN A 127.0.0.1", "mail.changed.test. 300 IN A 127.0.0.2"
    )
    zones["sub.mixed.test"] = _HEAD + "mail CNAME main.mixed.test.\n"
    delegations = ""
    for name in plain:
        label = name.removesuffix(".test")
        delegations += f"{label} NS ns\n"
        if name != "unsigned.test":
            delegations += f"{label} DS {(ZoneKey.make() if name == 'wrong-ds.test' else key).ds(name)}\n"
    automatic = {
        "auto.test": _domain(),
        "short.test": _domain(f"{at} TLSA 3 1 1 aabb"),
        "short-beside.test": _domain(f"{at} TLSA 3 1 1 aabb", f"{at} {ee}"),
    }
    delegations += "".join(f"{name.removesuffix('.test')} NS ns\n" for name in automatic)
    zones["test"] = signed("test.", _HEAD + delegations, key)
    zones["."] = signed(".", _HEAD + f"test NS ns\ntest DS {key.ds('test.')}\n", key)
    knot = SignedKnot(folder, knot_port, zones, automatic)
    anchors = folder / "anchors"
    records = [
        f". IN DNSKEY {key.public.to_text()}",
        *(f"{name}. IN DNSKEY {one}" for name in automatic for one in keys_of(name, knot_port)),
    ]
    anchors.write_text("".join(f"{record}\n" for record in records), encoding="ascii")
    unbound_folder = tmp_path_factory.mktemp("validating")
    unbound = ValidatingUnbound(unbound_folder, unbound_port, knot_port, zones, anchors)
    erring_folder, erring_anchors = tmp_path_factory.mktemp("erring"), folder / "erring-anchors"
    stranger = ZoneKey.make().ds("ee.test")
    erring_anchors.write_text(f"{anchors.read_text('ascii')}ee.test. IN DS {stranger}\n", encoding="ascii")
    erring = ValidatingUnbound(erring_folder, erring_port, knot_port, zones, erring_anchors)
    yield World(
        f"127.0.0.1#{knot_port}", f"127.0.0.1#{unbound_port}", f"127.0.0.1#{erring_port}", str(anchors), port, files
    )
    unbound.stop()
    erring.stop()
    knot.stop()


async def ask(world: World, domain: str, files: Files | None, **more: object) -> Result:
    """Probe ``domain`` while its mail server shows ``files``, or offers no TLS."""
    async with mailbox(tls_context(files) if files is not None else None, port=world.port):
        return await result_of(world.connector(domain, **more))


def policy_of(result: Result) -> str:
    return result.attempts[0].policies[0].id


# --- the certificate -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "policy"),
    [
        ("contoso.test", "dane-passed"),
        ("ee.test", "dane-passed"),
        ("ee-whole.test", "dane-passed"),
        ("ee-sha512.test", "dane-passed"),
        ("rollover.test", "dane-passed"),
        ("short-beside.test", "dane-passed"),
        ("implicit.test", "dane-passed"),
        ("none.test", "dane-absent"),
        ("auto.test", "dane-absent"),
    ],
)
async def test_all_is_well(world: World, authority: Authority, domain: str, policy: str) -> None:
    result = await ask(world, domain, world.files, ca_file=str(authority.root_file), only_ca_file=True)
    told = {warning.id for warning in result.warnings} - {"certificate-would-fail"}  # names differ, and nobody looks
    assert (result.status in ("healthy", "warning"), told, policy_of(result)) == (True, set(), policy)


async def test_an_mx_that_is_an_alias_passes_and_is_told(world: World, authority: Authority) -> None:
    result = await ask(world, "alias.test", world.files, ca_file=str(authority.root_file), only_ca_file=True)
    told = {warning.id for warning in result.warnings} - {"certificate-would-fail"}
    assert (result.status, told, policy_of(result)) == ("warning", {"mx-is-alias"}, "dane-passed")


async def test_usage_3_needs_no_public_root(world: World, authority: Authority) -> None:
    """Under domain-validation the certificate would not do; the TLSA record stands in its place, and that is told."""
    result = await ask(world, "ee.test", world.files, tls=BY_NAME)
    assert (verdict_of(result), [one.id for one in result.warnings]) == (WARNING, ["dane-in-place"])
    without = await ask(world, "ee.test", world.files, tls=BY_NAME, smtp_dane_mode=SmtpDaneMode.NONE)
    assert without.diagnosis is not None
    assert without.diagnosis.code == "4.7.320"


async def test_4_7_321_no_starttls(world: World, authority: Authority) -> None:
    result = await ask(world, "ee.test", None)
    assert verdict_of(result) == Verdict("failing", "4.7.321", "dane-starttls-not-supported", "starttls")
    assert verdict_of(await ask(world, "none.test", None)) == WARNING  # in the clear: nothing forbids it
    assert verdict_of(await ask(world, "ee.test", None, smtp_dane_mode=SmtpDaneMode.NONE)) == WARNING


async def test_4_7_321_unusable_records_require_tls_and_nothing_more(world: World, authority: Authority) -> None:
    result = await ask(world, "unusable.test", world.files)
    assert (verdict_of(result), policy_of(result)) == (WARNING, "dane-tls-only")
    assert verdict_of(await ask(world, "unusable.test", None)) == Verdict(
        "failing", "4.7.321", "dane-starttls-not-supported", "starttls"
    )


async def test_a_record_of_the_wrong_length_is_unusable(world: World, authority: Authority) -> None:
    """It spoils no other record, and no answer: TLS is required (RFC 6698 4.1, RFC 7672 2.2)."""
    assert policy_of(await ask(world, "short.test", world.files)) == "dane-tls-only"
    without = await ask(world, "short.test", None)
    assert verdict_of(without) == Verdict("failing", "4.7.321", "dane-starttls-not-supported", "starttls")


async def test_4_7_322(world: World, authority: Authority) -> None:
    result = await ask(world, "contoso.test", authority.expired())
    assert verdict_of(result) == Verdict("failing", "4.7.322", "dane-certificate-expired", "certificate")
    assert result.diagnosis is not None
    assert result.diagnosis.confidence is Confidence.DOCUMENTED
    by_key = await ask(world, "ee.test", authority.expired())  # the same key, so usage 3 matches
    assert by_key.diagnosis is not None
    assert (by_key.diagnosis.code, by_key.diagnosis.confidence) == ("4.7.322", Confidence.INFERRED)  # RFC 7671 5.1


@pytest.mark.parametrize("domain", ["mismatch.test"])
async def test_4_7_323(world: World, authority: Authority, domain: str) -> None:
    result = await ask(world, domain, world.files)
    assert verdict_of(result) == TLSA_INVALID
    assert set(result.by_tls_mode.values()) == {"4.7.323"}
    assert result.diagnosis is not None
    assert {one.id: one.verdict for one in result.diagnosis.causes}["tlsa-outdated"] is CauseVerdict.SUPPORTED


@pytest.mark.parametrize(
    ("domain", "form", "outdated"),
    [
        ("issuer-as-own.test", "2 1 1", CauseVerdict.RULED_OUT),
        ("own-as-issuer.test", "3 0 1", CauseVerdict.RULED_OUT),
        ("key-as-whole.test", "3 1 2", CauseVerdict.RULED_OUT),
        ("old-and-misnumbered.test", "3 1 1", CauseVerdict.SUPPORTED),
    ],
)
async def test_records_that_are_misnumbered(
    world: World, authority: Authority, domain: str, form: str, outdated: CauseVerdict
) -> None:
    """The data is right, and usage or selector are not: no certificate was renewed."""
    result = await ask(world, domain, world.files)
    assert verdict_of(result) == TLSA_INVALID
    assert result.diagnosis is not None
    causes = {one.id: one for one in result.diagnosis.causes}
    assert causes["tlsa-malformed"].verdict is CauseVerdict.CONFIRMED
    assert f"would match as {form}:" in causes["tlsa-malformed"].evidence[0]
    assert causes["tlsa-outdated"].verdict is outdated


async def test_4_7_325(world: World, authority: Authority) -> None:
    result = await ask(world, "fabrikam.test", world.files)
    assert verdict_of(result) == Verdict("failing", "4.7.325", "dane-host-mismatch", "certificate")
    assert verdict_of(await ask(world, "fabrikam.test", authority.for_another_name())) != verdict_of(result)


async def test_another_mx_without_tlsa_takes_the_mail(world: World, authority: Authority) -> None:
    """Microsoft: mail is blocked only where all MX records have TLSA records and none fits."""
    result = await ask(world, "two.test", world.files)
    assert verdict_of(result) == WARNING
    assert [(one.server, one.code) for one in result.attempts] == [
        ("mail.two.test", "4.7.323"),
        ("other.two.test", None),
    ]


# --- DNSSEC ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nameserver", ["knot", "unbound"])
@pytest.mark.parametrize("domain", ["expired.test", "early.test", "wrong-ds.test", "stripped.test", "changed.test"])
async def test_4_7_324(world: World, authority: Authority, domain: str, nameserver: str) -> None:
    result = await ask(world, domain, world.files, nameservers=[getattr(world, nameserver)])
    assert verdict_of(result) == DNSSEC_INVALID, result.attempts[0].policies
    unlooked = await ask(world, domain, world.files, smtp_dane_mode=SmtpDaneMode.NONE)
    assert unlooked.diagnosis is None or unlooked.diagnosis.code != "4.7.324"


@pytest.mark.parametrize(
    ("domain", "verdict", "cause"),
    [
        ("expired.test", CauseVerdict.CONFIRMED, "dnssec-signature-untimely"),
        ("early.test", CauseVerdict.CONFIRMED, "dnssec-signature-untimely"),
        ("wrong-ds.test", CauseVerdict.CONFIRMED, "dnssec-chain-broken"),
        ("expired.test", CauseVerdict.RULED_OUT, "dnssec-chain-broken"),
        ("wrong-ds.test", CauseVerdict.RULED_OUT, "dnssec-signature-untimely"),
        ("changed.test", CauseVerdict.SUPPORTED, "dnssec-tampered"),
    ],
)
async def test_what_is_wrong_with_dnssec(
    world: World, authority: Authority, domain: str, verdict: CauseVerdict, cause: str
) -> None:
    result = await ask(world, domain, world.files)
    assert result.diagnosis is not None
    assert {one.id: one.verdict for one in result.diagnosis.causes}[cause] is verdict


@pytest.mark.parametrize(
    ("domain", "expected", "policy"),
    [
        ("ee.test", HEALTHY, "dane-passed"),
        ("unsigned.test", WARNING, "dane-absent"),
        ("expired.test", DNSSEC_INVALID, "dane-bogus"),
    ],
)
async def test_the_word_of_a_validating_resolver(
    world: World, authority: Authority, domain: str, expected: Verdict, policy: str
) -> None:
    options = {"nameservers": [world.unbound], "trust_ad": True, "trust_anchor": None}
    result = await ask(world, domain, world.files, **options)
    assert (verdict_of(result), policy_of(result)) == (expected, policy)


async def test_an_alias_out_of_an_unsigned_zone_is_not_bogus(world: World, authority: Authority) -> None:
    """The alias need not be signed, although it leads into its parent zone, which is."""
    result = await ask(world, "mixed.test", world.files, nameservers=[world.unbound])
    assert (result.diagnosis, policy_of(result)) == (None, "dane-absent")


async def test_nothing_is_bogus_without_a_chain_to_it(world: World, authority: Authority) -> None:
    """With the root's real keys, nothing that this Knot says can be validated: then DANE is not applied."""
    for domain in ("expired.test", "ee.test"):
        result = await ask(world, domain, world.files, trust_anchor=None)
        assert policy_of(result) == "dane-undetermined"
        assert result.diagnosis is None


async def test_mandatory(world: World, authority: Authority) -> None:
    mandatory = {"smtp_dane_mode": SmtpDaneMode.MANDATORY}
    assert policy_of(await ask(world, "ee.test", world.files, **mandatory)) == "dane-passed"
    assert verdict_of(await ask(world, "none.test", world.files, **mandatory)) == NO_DANE
    assert verdict_of(await ask(world, "unsigned.test", world.files, **mandatory)) == NO_DANE
    assert verdict_of(await ask(world, "ee.test", world.files, trust_anchor=None, **mandatory)) == UNTOLD


async def test_a_saved_report_says_the_same(world: World, authority: Authority) -> None:
    async with mailbox(tls_context(world.files), port=world.port):
        for domain, mode in (("mismatch.test", SmtpDaneMode.OPPORTUNISTIC), ("none.test", SmtpDaneMode.MANDATORY)):
            report = await probe(world.connector(domain, smtp_dane_mode=mode))
            again = diagnose_again(read_report(render(report, RenderOptions())))
            assert again.results[0].diagnosis == report.results[0].diagnosis
            assert again.results[0].attempts[0].policies == report.results[0].attempts[0].policies


def test_the_command_line(world: World, tmp_path: Path) -> None:
    common = ["--mx", f"ee.test:{world.port}", "--nameserver", world.knot]
    bad = tmp_path / "bad"
    bad.write_text("this is no record\n", encoding="ascii")
    for options, words in (
        (["--trust-anchor", str(bad)], "line 1 is no DS or DNSKEY record"),
        (["--trust-anchor", str(bad), "--trust-ad"], "exclude each other"),
        (["--dane", "perhaps"], "perhaps"),
    ):
        ended = command_line(*common, *options)
        assert (ended.exit_code, words in ended.said) == (2, True), ended.said


async def test_the_options(world: World) -> None:
    options = ["--mx", f"none.test:{world.port}", "--nameserver", world.knot, "--trust-anchor", world.anchors]
    async with mailbox(tls_context(world.files), port=world.port):
        ended = await asyncio.to_thread(command_line, *options, "--tls", "opportunistic", "--dane", "mandatory")
    assert (ended.exit_code, ended.verdicts()) == (1, [NO_DANE]), ended.said


@pytest.mark.parametrize(
    ("days", "root_of_all", "reason"),
    [
        (60, True, DnssecReason.ROOT_UNTIMELY),
        (-60, True, DnssecReason.ROOT_UNTIMELY),
        (60, False, DnssecReason.ANCHOR_MISFIT),
    ],
)
async def test_a_root_that_is_out_of_its_time_by_our_clock(
    world: World, days: float, root_of_all: bool, reason: DnssecReason
) -> None:
    """Of the internet's root, which is signed all the time, that is our clock's fault; of a closed network's not."""
    validator = Validator(
        SystemNetwork(),
        [Nameserver.parse(world.knot)],
        anchors=load_anchors(world.anchors),
        clock=lambda: time.time() + days * 86400,
        root_of_all=root_of_all,
    )
    found = await validator.look_up("contoso.test", "MX")
    validator.close()
    assert (found.status, found.zone, found.reason) == (DnssecStatus.INDETERMINATE, ".", reason)


# --- a smart host ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        ("expired.test", "in expired.test, a signature expired on"),
        ("wrong-ds.test", "in wrong-ds.test, no key is the one that the DS record at the parent names"),
        ("changed.test", "in changed.test, a signature by key"),
    ],
)
async def test_a_smart_host_below_broken_dnssec_is_told_what_is_broken(world: World, domain: str, told: str) -> None:
    result = await result_of(
        world.connector(domain, use_mx=None, smart_hosts=[f"mail.{domain}"], nameservers=[world.unbound], control=[])
    )
    assert verdict_of(result) == Verdict("failing", "4.4.312", "dns-servfail", "dns")
    assert result.diagnosis is not None
    assert f"Its DNSSEC is broken: {told}" in result.diagnosis.detail
    heading = "DNSSEC of the name's zone is broken"
    assert first_said(result.diagnosis) == ("dns", "dns-hosting-trouble", heading, "repair-dnssec")
    assert result.diagnosis.causes[0].verdict is CauseVerdict.CONFIRMED
    assert told in result.diagnosis.causes[0].evidence[-1]


async def test_a_resolver_that_validates_wrongly_is_ours_to_mend(world: World) -> None:
    """With validation switched off its answers are signed as they should be: nothing is held against the zone."""
    result = await result_of(
        world.connector("ee.test", use_mx=None, smart_hosts=["mail.ee.test"], nameservers=[world.erring], control=[])
    )
    assert verdict_of(result) == Verdict("unknown", None, "local-nameserver-untrue", "dns")
    assert result.diagnosis is not None
    assert "although every signature on the way there" in result.diagnosis.detail
    heading = "The nameserver does not say what is in DNS"
    assert first_said(result.diagnosis) == (
        "this-machine", "local-nameserver-errs", heading, "configure-nameserver",
    )  # fmt: skip
