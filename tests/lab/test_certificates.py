"""Certificates in depth: revocation, missing issuers, other handshakes, the chain's order, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest

from connector_probe import Connector, Result, Status, probe, probe_all
from connector_probe.cli.hosts import read_hosts
from connector_probe.diagnosis.notes import vantage_notes
from connector_probe.lab import Lab
from connector_probe.lab import certificates as made
from connector_probe.lab.authority import Authority, CertificateMaker, ServedChain, TlsShape
from connector_probe.lab.session import hangs_up, in_turn, reads, ready, resets, says, session, speaks, stays_silent
from connector_probe.lab.smtp import Behaviour, Listener, Visit
from connector_probe.lab.sockets import bind, port_of
from connector_probe.model.evidence import FaultKind, Handshake, NetworkFault, SecondLook
from connector_probe.model.verdict import CauseVerdict, FailureClass
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.zh import CHINESE
from tests.unit.evidence import concluded

HOST = "mail.lab.test"
P521_ALONE = TlsShape(maximum=0x0303, groups="P-384:P-256:P-521")
NAMES = (
    "healthy",
    "certificate-expired",
    "certificate-expired-and-mismatched",
    "certificate-name-mismatch",
    "certificate-common-name-only",
    "certificate-revoked",
    "certificate-revoked-issuer",
    "certificate-untrusted-root",
    "certificate-issuer-elsewhere",
    "certificate-issuer-upper",
    "certificate-issuer-foreign",
    "certificate-wrong-order",
    "certificate-with-root",
    "certificate-two-kinds",
    "certificate-two-kinds-expired",
    "sni-other-certificate",
    "early-session-ticket",
    "starttls-stripped",
    "client-certificate-of-others",
    "client-certificate-of-digicert",
    "revocation-ocsp-good",
    "revocation-stapled-good",
    "revocation-stapled-stale",
    "revocation-crl-stale",
    "revocation-must-staple",
)
pytestmark = pytest.mark.asyncio(loop_scope="module")


# --- revocation and issuers --------------------------------------------------------------------------------------


async def test_a_revoked_certificate_is_named_with_date_reason_and_source(results: dict[str, Result]) -> None:
    for name, what in (
        ("certificate-revoked", "The server's certificate CN=certificate-revoked.lab.test"),
        ("certificate-revoked-issuer", "The CA certificate CN=Lab Revoked Intermediate"),
    ):
        found = results[name].diagnosis
        assert found is not None
        assert found.detail.startswith(what)
        assert "(keyCompromise), says CRL http://pki.lab.test:" in found.detail
        assert [one.id for one in found.remedies] == ["replace-revoked"]


async def test_what_decided_is_told_to_who_wants_detail(results: dict[str, Result]) -> None:
    for name, source in (("revocation-ocsp-good", "OCSP http://"), ("revocation-stapled-good", "the stapled OCSP")):
        (remark,) = results[name].attempts[0].remarks
        assert remark.id == "revocation-asked"
        assert source in remark.text


async def test_what_could_not_be_found_out_is_told_once(results: dict[str, Result]) -> None:
    for name, identifier in (
        ("revocation-stapled-stale", "staple-unusable"),
        ("revocation-crl-stale", "revocation-unknown"),
        ("revocation-must-staple", "must-staple"),
    ):
        assert [one.id for one in results[name].warnings] == [identifier]
    assert "is out of date since" in results["revocation-crl-stale"].warnings[0].text


async def test_the_missing_issuer_is_named_with_its_place_and_never_trusted(results: dict[str, Result]) -> None:
    found = results["certificate-issuer-elsewhere"].diagnosis
    missing = results["certificate-issuer-elsewhere"].evidence.attempts[0].missing_issuers
    assert found is not None
    assert missing is not None
    assert missing.completes
    assert f"To be had: {missing.found[0].url} (SHA-1 {missing.found[0].sha1}). With that" in found.detail
    assert f"CN=Lab Intermediate,O=connector-probe lab (SHA-1 {missing.found[0].sha1})" in found.remedies[0].text
    upper = results["certificate-issuer-upper"].diagnosis
    assert upper is not None
    assert "does not send the certificate of CN=Lab Intermediate,O=connector-probe lab" in upper.detail
    assert "With that the chain is complete" in upper.detail
    foreign = results["certificate-issuer-foreign"].diagnosis
    assert foreign is not None
    assert "leads to CN=Foreign Root,O=connector-probe lab, which is not a trusted root" in foreign.detail
    assert [one.id for one in foreign.remedies] == ["install-public-certificate"]


async def test_where_nobody_may_be_asked_the_place_is_named_all_the_same() -> None:
    async with Lab.start(["certificate-issuer-elsewhere"]) as lab:
        report = await probe_all([lab.connector("certificate-issuer-elsewhere", revocation=False)])
    found = report.results[0].diagnosis
    assert found is not None
    assert "The certificate names http://pki.lab.test:" in found.detail
    assert report.results[0].evidence.attempts[0].missing_issuers is None


async def test_each_cause_of_4_7_320_is_confirmed_and_ruled_out(results: dict[str, Result]) -> None:
    expired, mismatch, invalid = (
        "certificate-expired",
        "certificate-subject-mismatch",
        "certificate-no-longer-valid",
    )
    confirmed, out, possible = CauseVerdict.CONFIRMED, CauseVerdict.RULED_OUT, CauseVerdict.POSSIBLE
    for name, verdicts in {
        "certificate-expired": {
            expired: confirmed,
            mismatch: out,
            invalid: possible,
        },  # nobody asks about its revocation
        "certificate-expired-and-mismatched": {expired: confirmed, mismatch: confirmed, invalid: possible},
        "certificate-name-mismatch": {expired: out, mismatch: confirmed, invalid: out},
        "certificate-common-name-only": {expired: out, mismatch: confirmed, invalid: out},
        "certificate-revoked": {expired: out, mismatch: out, invalid: confirmed},
        "certificate-untrusted-root": {expired: out, mismatch: out, invalid: confirmed},
    }.items():
        found = results[name].diagnosis
        assert found is not None
        assert {one.id: one.verdict for one in found.causes if one.id in verdicts} == verdicts, name


async def test_the_certificate_behind_a_starttls_that_is_not_listed_is_read(results: dict[str, Result]) -> None:
    [attempt] = results["starttls-stripped"].evidence.attempts
    assert (attempt.starttls, attempt.handshake) == (None, None)
    assert attempt.certificate is not None
    assert [one.common_name for one in attempt.certificate.chain] == ["starttls-stripped.lab.test", "Lab Intermediate"]


async def test_what_a_server_says_of_its_chain_is_only_remarked(results: dict[str, Result]) -> None:
    for name, remark in (("certificate-wrong-order", "chain-order"), ("certificate-with-root", "chain-root")):
        assert results[name].status is Status.HEALTHY
        assert [one.id for one in results[name].attempts[0].remarks] == [remark]


# --- other handshakes --------------------------------------------------------------------------------------------


async def test_another_certificate_without_sni_is_judged(results: dict[str, Result]) -> None:
    (warning,) = results["sni-other-certificate"].warnings
    assert warning.id == "sni-certificate"
    assert "CN=default.lab.test" in warning.text
    assert "would fail with 4.7.320 (expired, name mismatch)" in warning.text


async def test_a_server_with_two_kinds_of_keys_is_judged_by_both(results: dict[str, Result]) -> None:
    good, bad = results["certificate-two-kinds"], results["certificate-two-kinds-expired"]
    assert good.warnings == ()
    assert [one.id for one in good.attempts[0].remarks] == ["tls12-certificate"]
    (warning,) = bad.warnings
    assert warning.id == "tls12-certificate"
    assert "would fail with 4.7.320 (expired)" in warning.text


@asynccontextmanager
async def server(
    behaviour: Behaviour, make: CertificateMaker = made.good, shape: TlsShape | None = None
) -> AsyncIterator[tuple[Callable[..., Awaitable[Result]], list[int]]]:
    """How to probe one server of our own, and the numbers of its visits."""
    visits: list[int] = []

    async def counted(visit: Visit) -> None:
        visits.append(visit.number)
        await behaviour(visit)

    with Authority() as authority:

        async def context() -> object:
            return await asyncio.to_thread(partial(authority.context, make, HOST, shape or TlsShape()))

        sock = bind("127.0.0.1")
        sock.listen()
        listener = Listener(sock, counted, HOST, context)  # type: ignore[arg-type]

        async def ask(**more: object) -> Result:
            asked = {
                "smart_hosts": [f"127.0.0.1:{port_of(sock)}"],
                "tls_domain": HOST,
                "ca_file": authority.ca_file,
                "only_ca_file": True,
                "control": (),
            } | more
            return (await probe(Connector(**asked))).results[0]  # type: ignore[arg-type]

        try:
            yield ask, visits
        finally:
            await listener.stop()


def once(then: Behaviour) -> Behaviour:
    """Healthy at the first visit, and ``then`` ever after."""

    async def behave(visit: Visit) -> None:
        await (session(visit) if visit.number == 1 else then(visit))

    return behave


@pytest.mark.parametrize(
    "then", [stays_silent, resets, hangs_up, in_turn(says("421 4.3.2 too many connections"), hangs_up)], ids=range(4)
)
async def test_a_further_connection_that_fails_is_held_against_nobody(then: Behaviour) -> None:
    async with server(once(then)) as (ask, visits):
        result = await ask(timeout=2.0 if then is stays_silent else 10.0, thorough=True)
    assert result.diagnosis is None
    assert result.warnings == ()
    assert all(look.certificate is None for look in result.evidence.attempts[0].second_looks)
    assert visits[0] == 1
    assert len(visits) > 1


async def test_a_server_is_met_once_unless_more_is_asked_for() -> None:
    async with server(session) as (ask, visits):
        assert (await ask()).status is Status.HEALTHY
        assert visits == [1]
        assert (await ask(thorough=True)).status is Status.HEALTHY
        assert visits == [1, 2, 3]
        await ask(thorough=True, connections=3)
        assert len(visits) == 7, "one more connection for the address, not for each meeting"


async def test_a_server_of_tls_1_3_alone_is_told_so() -> None:
    async with server(session, shape=TlsShape(minimum=0x0304)) as (ask, _):
        assert (await ask()).status is Status.HEALTHY
        (warning,) = (await ask(thorough=True)).warnings
    assert warning.id == "tls12-refused"
    assert "protocol_version" in warning.text


async def test_an_elliptic_certificate_is_sound_unless_tls_1_2_has_no_suite_for_it() -> None:
    for shape, expected in ((TlsShape(), []), (TlsShape(ciphers="aRSA"), ["tls12-no-suite"])):
        async with server(session, made.elliptic, shape) as (ask, visits):
            assert (await ask()).warnings == ()
            assert visits == [1], "a sound server is met once"
            assert [one.id for one in (await ask(thorough=True)).warnings] == expected


# --- what Exchange Online offers, and what another client could --------------------------------------------------


async def test_what_only_another_client_could_agree_on_is_a_risk() -> None:
    async with server(session, shape=TlsShape(minimum=0x0304, groups="X25519")) as (ask, visits):
        result = await ask()
    (attempt,) = result.evidence.attempts
    (warning,) = result.warnings
    assert warning.id == "outside-client-profile"
    assert warning.text.startswith("Risk: ")
    assert "x25519" in warning.text
    assert attempt.exchange_offer is not None
    assert attempt.ehlo_again is not None
    assert visits == [1, 2]


async def test_a_key_of_another_curve_is_named() -> None:
    async with server(session, made.elliptic_521, P521_ALONE) as (ask, _):
        (warning,) = (await ask()).warnings
    assert warning.id == "key-outside-client-profile"
    assert "ECDSA P-521" in warning.text
    assert [one.id for one in warning.remedies] == ["change-key"]


async def test_a_handshake_that_fails_once_is_not_laid_to_what_was_offered() -> None:
    def second(then: Behaviour) -> Behaviour:
        async def behave(visit: Visit) -> None:
            await (then(visit) if visit.number == 1 else session(visit))

        return behave

    async with server(second(speaks(STARTTLS=in_turn(ready, reads, resets)))) as (ask, visits):
        result = await ask()
    assert visits == [1, 2, 3]
    assert result.diagnosis is not None
    assert result.diagnosis.class_ is FailureClass.TLS_RESET


async def test_a_session_ticket_that_comes_early_is_told(results: dict[str, Result]) -> None:
    early = results["early-session-ticket"]
    (warning,) = early.warnings
    (handshake,) = (attempt.handshake for attempt in early.evidence.attempts)
    assert (early.status, warning.id) == (Status.WARNING, "early-session-ticket")
    assert [remedy.id for remedy in warning.remedies] == ["stop-early-tickets"]
    assert handshake is not None
    assert handshake.session is not None
    assert handshake.session.version == "TLSv1.3"
    usual = results["healthy"].evidence.attempts[0].handshake  # OpenSSL's tickets come behind our Finished
    assert usual is not None
    assert not usual.early_ticket


async def test_whose_client_certificates_are_taken_is_told(results: dict[str, Result]) -> None:
    for name, expected in (("client-certificate-of-others", True), ("client-certificate-of-digicert", False)):
        result = results[name]
        (attempt,) = result.evidence.attempts
        assert attempt.handshake is not None
        assert len(attempt.handshake.client_authorities) == 1
        assert [one.id for one in result.warnings] == ["client-authority-missing"] * expected
        (remark,) = (one for one in result.attempts[0].remarks if one.id == "client-authorities")
        assert "CN=DigiCert Global Root " in remark.text
    (warning,) = results["client-certificate-of-others"].warnings
    assert "CN=DigiCert Global Root CA" in warning.text
    assert any("DF3C24F9BFD666761B268073FE06D1CC8D4F82A4" in line for line in warning.remedies[0].commands)


async def test_groups_are_as_exchange_online_brings_them() -> None:
    """P-384 first, P-256 where a server has no P-384; and where they cannot be chosen, the report says so."""
    for groups, expected in (("P-384", "secp384r1"), ("X25519:P-256", "secp256r1")):
        async with server(session, shape=TlsShape(groups=groups)) as (ask, visits):
            result = await ask()
        (attempt,) = result.evidence.attempts
        assert attempt.handshake is not None
        assert attempt.handshake.session is not None
        assert (attempt.handshake.session.group, visits) == (expected, [1])
        seen = replace(attempt, handshake=replace(attempt.handshake, own_groups=True))
        notes = vantage_notes([Connector(smart_hosts=[HOST])], [replace(result.evidence, attempts=(seen,))])
        assert "own-groups" in [one.id for one in notes]


async def test_a_handshake_refused_without_sni_is_a_warning(results: dict[str, Result]) -> None:
    healthy = results["healthy"]
    (attempt,) = healthy.evidence.attempts
    alert = Handshake(0.0, 0.1, fault=NetworkFault(FaultKind.ALERT, alert="unrecognized_name"))
    cut = Handshake(0.0, 0.1, fault=NetworkFault(FaultKind.RESET))
    connector = Connector(smart_hosts=["healthy.lab.test"])
    for handshake, expected in ((alert, ["sni-refused"]), (cut, []), (None, [])):
        for words in (ENGLISH, CHINESE):
            looks = (SecondLook(False, handshake),)
            seen = replace(healthy.evidence, attempts=(replace(attempt, second_looks=looks),))
            assert [one.id for one in concluded(connector, seen, words).warnings] == expected


# --- the chain ---------------------------------------------------------------------------------------------------


async def test_certificates_sent_twice_or_for_nothing_are_remarked() -> None:
    def wasteful(ca: Authority, host: str) -> ServedChain:
        good = made.good(ca, host)
        stranger = made.untrusted_root(ca, host).certificates[1]
        return replace(good, certificates=(*good.certificates, good.certificates[1], stranger))

    async with server(session, wasteful) as (ask, _):
        result = await ask()
    assert result.status is Status.HEALTHY
    remarks = {one.id: one.text for one in result.attempts[0].remarks}
    assert "CN=Lab Intermediate" in remarks["chain-duplicates"]
    assert "CN=Foreign Intermediate" in remarks["chain-strangers"]
    assert len(remarks) == 2


async def test_every_sentence_is_whole_in_both_languages(results: dict[str, Result]) -> None:
    for result in map(results.__getitem__, NAMES):
        for words in (ENGLISH, CHINESE):
            again = concluded(Connector(smart_hosts=["x.lab.test"], tls_domain=HOST), result.evidence, words)
            attempt = again.attempts[0]
            texts = [one.text for one in (*again.warnings, *attempt.remarks)]
            if attempt.diagnosis is not None:
                texts += [attempt.diagnosis.detail, *(one.text for one in attempt.diagnosis.remedies)]
                texts += [sentence for cause in attempt.diagnosis.causes for sentence in cause.evidence]
            for text in texts:
                assert "{" not in text
                assert "  " not in text
                assert "?" not in text.replace("misspelt?", "").replace("错误？", "")


async def test_the_options_reach_the_connector() -> None:
    (usual,) = read_hosts(hosts=["a.lab.test"]).connectors
    (other,) = read_hosts(hosts=["a.lab.test"], no_revocation=True, thorough=True).connectors
    assert (usual.revocation, usual.thorough) == (True, False)
    assert (other.revocation, other.thorough) == (False, True)
