"""bounces/explanation.py: a bounce in words; nothing is claimed that its message does not show."""

from __future__ import annotations

import itertools
import json
import re
import string
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector_probe.bounces.bounce import Bounce, ReadResult, read
from connector_probe.bounces.explanation import Explanation, LiveVerdict, document, explain
from connector_probe.bounces.known_codes import KNOWN_CODES, Direction, KnownCode, Topic
from connector_probe.bounces.phrases import PHRASES
from connector_probe.bounces.recheck import live, rechecked
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.weigh import by_class_alone, usual_remedies
from connector_probe.formats.explanation import to_json, to_text
from connector_probe.formats.options import RenderOptions
from connector_probe.model.connector import ConnectorType, TlsSettings
from connector_probe.model.evidence import AttemptEvidence, CertificateProblemKind, ConnectorEvidence, Stage
from connector_probe.model.verdict import (
    INTELLIGENCE_CODES,
    Attempt,
    CauseVerdict,
    Confidence,
    ConnectorReport,
    Culprit,
    Diagnosis,
    FailureClass,
    Result,
    StageReport,
    Status,
)
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.commands import EXPLAINED
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.zh import CHINESE
from tests.unit import evidence as made
from tests.unit.bounces import read_bounces

TEXTS = sorted(
    path for path in (Path(__file__).parent.parent / "data" / "bounces").iterdir() if path.stem != "expected"
)
EVERY_CODE = [*KNOWN_CODES, KnownCode("4.7.500", Topic.RECEIVER_THROTTLING)]
REQUIRED = (
    *("code", "class", "title", "message", "server", "address", "occurred_at"),
    *("causes", "remedies", "reference", "confidence"),
)


def explained(text: str) -> Explanation:
    (bounce,) = read_bounces(text)
    return explain(bounce)


def verdicts(explanation: Explanation) -> dict[str, CauseVerdict]:
    return {cause.id: cause.verdict for cause in explanation.causes}


# --- all of it -------------------------------------------------------------------------------------------------


def test_every_known_code_is_explained() -> None:
    for written in (f"{final}50 {code.code}" for code in EVERY_CODE for final in (4, 5)):
        found = explained(written)
        assert found.title, written
        assert found.meaning.endswith("."), written
        assert found.remedies, written
        assert found.reference.startswith("https://")


@pytest.mark.parametrize("code", ["4.7.321", "4.7.322", "4.7.323", "4.7.324", "4.7.325", "4.4.8"])
def test_a_code_of_dane_or_mta_sts_has_the_causes_of_what_a_probe_would_find(code: str) -> None:
    """None is ruled out, and none confirmed: the code does not say it."""
    found = explained(f"450 {code} the domain failed validation")
    listed = [failure for failure, profile in PROFILES.items() if profile.code == code]
    assert set(verdicts(found)) == {cause for failure in listed for cause in by_class_alone(failure)}
    assert set(verdicts(found).values()) == {CauseVerdict.POSSIBLE}
    assert {one.id for one in found.remedies} == set(usual_remedies(listed))


@pytest.mark.parametrize("headline", ["Cannot connect to remote server", "Cannot establish session with remote server"])
def test_the_title_is_the_catalogue_s_whatever_the_headline(headline: str) -> None:
    assert explained(f"450 4.4.317 {headline} [Message=451 5.7.3 x]").title == "Cannot connect to remote server"


def test_every_class_can_be_explained() -> None:
    for failure in PROFILES:
        found = explain(Bounce("4.4.317", "4.4.317", False, failure, message="m", server="mail.contoso.com"))
        assert found.class_ is failure
        bare = ReadResult((Bounce("4.4.317", "4.4.317", False, failure),))
        assert "{" not in to_text(document(bare), RenderOptions()), failure


def test_every_bounce_is_explained_in_text_and_json_and_in_both_languages() -> None:
    for path in TEXTS:
        bounces = read(path.read_bytes())
        found, translated = document(bounces), document(bounces, CHINESE)
        for one, other in zip(found.matches, translated.matches, strict=True):
            assert one.title != other.title, path.name
            assert verdicts(one) == verdicts(other), path.name
        page = to_text(translated, RenderOptions(words=CHINESE))
        assert not bounces.bounces or "处理方法" in page, path.name
        value = json.loads(to_json(found))
        assert value["schema"] == "connector-probe/explanation/1"
        for match in value["matches"]:
            assert set(REQUIRED) <= set(match), path.name
            assert match["occurred_at"] is None or match["occurred_at"].endswith("Z"), path.name
        shown = to_text(found, RenderOptions())
        assert shown.replace("\n", "").isprintable(), path.name
        assert "{" not in shown.replace("{2b", ""), path.name
        for line in shown.splitlines():
            words = line.split()
            command = line.startswith("       ")  # for pasting: never broken
            assert len(line) <= 80 or command or len(max(words, key=len)) > 60, line


SENDER_SIDES = {"microsoft-dns", "microsoft-connect", "microsoft-session", "microsoft-tls", "microsoft-certificate"}


def test_every_topic_has_its_words_and_every_word_its_use() -> None:
    keys = set(ENGLISH.explain)
    assert {key for key in keys if key.startswith("meaning-")} == {f"meaning-{one}" for one in Topic}
    named = {f"title-{one}" for one in Topic if one.value not in INTELLIGENCE_CODES}
    assert {key for key in keys if key.startswith("title-")} == named
    told = {key.removeprefix("do-") for key in keys if key.startswith("do-")}
    assert {re.sub(r"-[2-9]$", "", name) for name in told} <= {*Topic, *SENDER_SIDES}
    assert set(EXPLAINED) <= told
    for name in told:
        number = int(name[-1]) if name[-2:-1] == "-" and name[-1].isdigit() else 1
        assert number < 3 or f"{name[:-1]}{number - 1}" in told, "numbered_remedies would not come to it"
        assert number < 2 or name[:-2] in told


def test_every_template_is_filled() -> None:
    known_facts = {
        "code",
        "title",
        "classes",
        "message",
        "thumbprint",
        "found",
        "address",
        "reporter",
        "number",
        "name",
    }
    for key, template in ENGLISH.explain.items():
        names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        assert names <= known_facts, key


def test_every_phrase_leads_to_classes_that_have_a_profile() -> None:
    for _, _, _, meaning in PHRASES:
        assert set(meaning.classes) <= set(PROFILES)
        assert meaning.classes or meaning.topic is not None


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=lambda words: words.language)
def test_there_is_always_something_to_do(words: Catalogue) -> None:
    servers = (None, "mail.contoso.com", "contoso-com.mail.protection.outlook.com")
    failures = (None, F.TCP_REFUSED, F.TLS_RESET, F.CERTIFICATE_MISSING_INTERMEDIATE)
    for topic, server, failure in itertools.product(Topic, servers, failures):
        code = next((one.code for one in KNOWN_CODES if one.topic is topic), None)
        found = explain(Bounce(code, code, False, failure, server=server, topic=topic), words)
        assert found.remedies, (topic, server, failure)
        for remedy in found.remedies:
            for text in (remedy.text, *remedy.commands):
                assert "{" not in text.replace("@{", "").replace("{$_", "")
                assert not text.endswith(" ")
                assert " -connect :" not in text


# --- causes ----------------------------------------------------------------------------------------------------


def test_a_class_gives_its_causes_and_the_message_as_evidence() -> None:
    found = explained("450 4.4.317 x [Message=CertificateExpired]")
    assert found.class_ is FailureClass.CERTIFICATE_EXPIRED
    assert verdicts(found)["certificate-expired"] is CauseVerdict.CONFIRMED
    assert found.causes[0].evidence == ("The error says: CertificateExpired",)


def test_a_server_without_starttls_and_one_that_distrusts_the_sender_are_told_in_the_same_words() -> None:
    found = explained("450 4.4.317 x [Message=451 5.7.3 STARTTLS is required to send mail]")
    assert (found.class_, found.also_possible) == (F.STARTTLS_NOT_OFFERED, (F.TLS_CLIENT_CERTIFICATE,))
    assert verdicts(found)["tls-not-supported"] is CauseVerdict.POSSIBLE
    assert verdicts(found)["client-certificate-untrusted"] is CauseVerdict.POSSIBLE
    assert verdicts(found)["service-not-available"] is CauseVerdict.RULED_OUT
    assert CauseVerdict.CONFIRMED not in verdicts(found).values()
    assert found.heading == ENGLISH.explain["heading-no-tls"]
    assert found.remedies[0].id == "find-starttls"


def test_a_code_alone_confirms_and_rules_out_nothing() -> None:
    found = explained("450 4.4.317 Cannot connect to remote server")
    assert found.class_ is None
    assert {"service-not-available", "tls-not-supported", "certificate-expired"} <= set(verdicts(found))
    assert set(verdicts(found).values()) == {CauseVerdict.POSSIBLE}
    assert "read-the-reply" not in {one.id for one in found.remedies}


def test_one_fault_of_a_certificate_does_not_clear_it_of_the_others() -> None:
    found = explained("450 4.4.317 x [Message=SubjectMismatch Expected Subject: mail.contoso.com.]")
    assert verdicts(found) == {
        "certificate-subject-mismatch": CauseVerdict.CONFIRMED,
        "certificate-expired": CauseVerdict.POSSIBLE,
        "certificate-no-longer-valid": CauseVerdict.POSSIBLE,
    }
    assert found.documented_code == "4.7.320"
    assert any("4.7.320" in note for note in found.notes)


def test_a_message_that_several_failures_write_claims_no_more_than_all_of_them() -> None:
    found = explained("450 4.4.312 DNS query failed [Message=ErrorRetry]")
    assert FailureClass.DNS_CNAME_LOOP in found.also_possible
    assert verdicts(found)["dns-hosting-trouble"] is CauseVerdict.SUPPORTED  # an alias loop alone would confirm it
    assert {"fix-dns", "renew-domain", "fix-alias"} <= {one.id for one in found.remedies}


@pytest.mark.parametrize(
    ("text", "documented"),
    [
        ("450 4.4.317 x [Message=Failed to connect. Winsock error code: 995, Win32 error code: 995]", "4.4.315"),
        ("451 4.4.397 x -> 421 4.2.1 Unable to connect -> SocketConnectionRefused: Socket error code 10061", "4.4.316"),
        ("454 4.7.5 Certificate validation failure, Reason:SubjectMismatch", "4.7.320"),
        ("450 4.4.316 Connection refused [Message=Socket error code 10061]", None),
        ("450 4.7.5 Remote certificate failed MTA-STS validation. Reason: CertificateExpired", None),
        ("550 5.6.7 DNS domain x.example does not exist", None),
    ],
)
def test_the_code_under_which_microsoft_lists_a_fault(text: str, documented: str | None) -> None:
    assert explained(text).documented_code == documented


# --- remedies --------------------------------------------------------------------------------------------------


def test_commands_hold_the_server_only_where_it_is_one() -> None:
    text = "450 4.4.312 DNS query failed [Message=InfoDomainNonexistent] [LastAttemptedServerName={}]"
    good, bad = explained(text.format("mail.contoso.com")), explained(text.format("$(reboot);'a.contoso.com"))
    assert "nslookup mail.contoso.com <name server>" in _commands(good)
    assert not any("reboot" in command or ";" in command for command in _commands(bad))


def _commands(explanation: Explanation) -> list[str]:
    return [command for remedy in explanation.remedies for command in remedy.commands]


def test_exchange_server_is_not_told_to_change_an_outbound_connector() -> None:
    found = explained(
        "451 4.4.397 x -> 421 4.2.1 Unable to connect -> SocketConnectionRefused: Socket error code 10061"
    )
    assert found.on_premises
    assert not any("OutboundConnector" in command for command in _commands(found))
    assert not {"open-port-25", "disable-connector"} & {one.id for one in found.remedies}
    assert not {"migrated", "firewall-blocks"} & set(verdicts(found))


def test_a_thumbprint_is_worth_a_search_on_every_device() -> None:
    found = explained(f"450 4.4.317 x [Message=CertificateExpired Thumbprint: {'ab' * 20}.]")
    assert any("AB" * 20 in one.text for one in found.remedies)


def test_whether_the_mail_is_given_up_is_said() -> None:
    waiting, final = explained("450 4.4.316 x"), explained("550 5.4.316 x")
    assert (ENGLISH.explain["pending"] in waiting.notes, ENGLISH.explain["final"] in waiting.notes) == (True, False)
    assert (ENGLISH.explain["pending"] in final.notes, ENGLISH.explain["final"] in final.notes) == (False, True)


# --- now -------------------------------------------------------------------------------------------------------


def attempt(
    failure: FailureClass | None,
    address: str = "192.0.2.5",
    *,
    problems: tuple[CertificateProblemKind, ...] = (),
    status: Status | None = None,
) -> Attempt:
    code = PROFILES[failure].code if failure is not None else None
    diagnosis = None
    if failure is not None:
        stage = PROFILES[failure].stage
        diagnosis = Diagnosis(code, failure, "t", "h", None, (), stage, "d", Confidence.INFERRED, (), (), "r")
    return Attempt(
        server="mail.contoso.com",
        address=address,
        port=25,
        status=status or (Status.FAILING if failure is not None else Status.HEALTHY),
        code=code,
        class_=failure,
        stages=(),
        tls=None,
        certificates=(),
        certificate_problems=problems,
        transcript=(),
        diagnosis=diagnosis,
    )


def result(*attempts: Attempt) -> Result:
    asked = ConnectorReport(
        ("mail.contoso.com",), None, 25, ConnectorType.ON_PREMISES, TlsSettings.DOMAIN_VALIDATION, None
    )
    evidence = ConnectorEvidence((), (), datetime(2026, 1, 1, tzinfo=UTC), 0.0)
    return Result("mail.contoso.com", asked, attempts[0].status, "healthy", False, None, {}, (), attempts, evidence)


F, V = FailureClass, LiveVerdict
REFUSED = Bounce("4.4.316", "4.4.316", False, F.TCP_REFUSED, address="192.0.2.5")
EXPIRED = Bounce("4.4.317", "4.4.317", False, F.CERTIFICATE_EXPIRED)
UNKNOWN_317 = Bounce("4.4.317", "4.4.317", False)
CUT = Bounce("4.4.318", "4.4.318", False, F.EHLO_CLOSED, (F.BANNER_CLOSED,))


@pytest.mark.parametrize(
    ("bounce", "attempts", "verdict"),
    [
        (REFUSED, [attempt(F.TCP_REFUSED)], V.STANDS),
        (REFUSED, [attempt(None)], V.GONE),
        (REFUSED, [attempt(F.CERTIFICATE_EXPIRED)], V.CHANGED),
        (REFUSED, [attempt(F.LOCAL_NO_ROUTE, status=Status.UNKNOWN)], V.UNKNOWN),
        (REFUSED, [attempt(F.TCP_REFUSED, "192.0.2.6"), attempt(None)], V.GONE),  # only the other address fails
        (REFUSED, [attempt(F.TCP_REFUSED, "192.0.2.6")], V.STANDS),  # the name has moved, the fault has not
        (EXPIRED, [attempt(F.CERTIFICATE_EXPIRED)], V.STANDS),
        (EXPIRED, [attempt(F.CERTIFICATE_NAME_MISMATCH)], V.CHANGED),
        (
            EXPIRED,
            [attempt(F.CERTIFICATE_REVOKED, problems=(CertificateProblemKind.EXPIRED,))],
            V.STANDS,
        ),
        (UNKNOWN_317, [attempt(F.BANNER_REJECTED)], V.STANDS),
        (UNKNOWN_317, [attempt(F.TCP_TIMEOUT)], V.CHANGED),
        (CUT, [attempt(F.BANNER_CLOSED)], V.STANDS),
        (CUT, [attempt(F.SESSION_TIMEOUT)], V.STANDS),  # the same code, and one fault to a person
        (CUT, [attempt(F.TLS_RESET)], V.CHANGED),
    ],
)
def test_whether_the_fault_still_stands(bounce: Bounce, attempts: list[Attempt], verdict: LiveVerdict) -> None:
    found = live(bounce, result(*attempts))
    assert found.verdict is verdict
    assert found.text
    assert "{" not in found.text


@pytest.mark.parametrize(
    ("bounce", "found", "sentence"),
    [
        # A refused connection hides whatever certificate there is, so nothing of that is gone.
        (EXPIRED, attempt(F.TCP_REFUSED), "live-masked"),
        (CUT, attempt(F.DNS_NXDOMAIN), "live-masked"),
        (UNKNOWN_317, attempt(F.TCP_TIMEOUT), "live-masked"),
        (REFUSED, attempt(F.TCP_TIMEOUT), "live-changed"),
        (EXPIRED, attempt(F.CERTIFICATE_NAME_MISMATCH), "live-changed"),
        (REFUSED, attempt(F.TCP_TIMEOUT, "192.0.2.6"), "live-elsewhere"),
    ],
)
def test_a_fault_is_called_gone_only_where_the_probe_got_as_far(bounce: Bounce, found: Attempt, sentence: str) -> None:
    told = live(bounce, result(found))
    assert told.verdict is V.CHANGED
    assert told.text.startswith(ENGLISH.explain[sentence].split("{")[0])


def test_nothing_is_gone_at_an_address_that_was_not_probed() -> None:
    told = live(REFUSED, result(attempt(None, "10.0.0.6")))  # the view from inside a split DNS
    assert told.verdict is V.UNKNOWN
    assert told.text.startswith(ENGLISH.explain["live-moved"])


def test_a_bad_certificate_that_the_setting_does_not_look_at_is_named() -> None:
    seen = attempt(None, status=Status.WARNING, problems=(CertificateProblemKind.EXPIRED,))
    told = live(EXPIRED, result(seen))
    assert told.verdict is V.STANDS
    assert ENGLISH.titles[F.CERTIFICATE_EXPIRED] in told.text


STARTTLS_REQUIRED = read_bounces("450 4.4.317 x [Message=451 5.7.3 STARTTLS is required to send mail]")[0]


def test_a_server_that_offers_starttls_to_us_has_turned_exchange_online_s_certificate_down() -> None:
    offered = replace(attempt(None), stages=(StageReport(Stage.STARTTLS, "ok", 0.1, 0.1, {}),))
    found = rechecked(explain(STARTTLS_REQUIRED), STARTTLS_REQUIRED, result(offered))
    assert found.live is not None
    assert found.live.verdict is V.UNKNOWN  # only Exchange Online has its certificate to try
    assert found.class_ is F.TLS_CLIENT_CERTIFICATE
    assert verdicts(found)["client-certificate-untrusted"] is CauseVerdict.SUPPORTED
    assert verdicts(found)["tls-not-supported"] is CauseVerdict.RULED_OUT
    assert found.causes[0].id == "client-certificate-untrusted"
    assert found.causes[0].evidence
    assert verdicts(found)["client-certificate-demanded"] is CauseVerdict.POSSIBLE  # it asked us for none
    assert found.remedies[0].id == "trust-exchange-certificate"
    assert "offer-starttls" not in {one.id for one in found.remedies}
    assert "Turn TLS on" not in to_text(replace(document(ReadResult(())), matches=(found,)), RenderOptions())


def test_a_server_that_offers_us_none_either_has_none() -> None:
    found = rechecked(explain(STARTTLS_REQUIRED), STARTTLS_REQUIRED, result(attempt(F.STARTTLS_NOT_OFFERED)))
    assert found.live is not None
    assert found.live.verdict is V.STANDS
    assert found.class_ is F.STARTTLS_NOT_OFFERED


NOT_OFFERED = Bounce("4.4.317", "4.4.317", False, F.STARTTLS_NOT_OFFERED)
TLS_ALERT = Bounce("4.4.317", "4.4.317", False, F.TLS_ALERT, (F.TLS_CLOSED,))
RENEGOTIATE = read_bounces("450 4.4.317 x [Message=451 4.4.0 Security status Renegotiate]")[0]


@pytest.mark.parametrize(
    ("bounce", "seen", "sentence"),
    [
        (NOT_OFFERED, made.session(), "live-starttls-only-now"),
        (EXPIRED, made.without_starttls(), "live-starttls-only-then"),
        (TLS_ALERT, made.without_starttls(), "live-starttls-only-then"),
        (NOT_OFFERED, made.without_starttls(), ""),
        (EXPIRED, made.session(), ""),
        (REFUSED, made.without_starttls(), ""),  # nobody came that far
        (UNKNOWN_317, made.without_starttls(), ""),
        (STARTTLS_REQUIRED, made.without_starttls(), ""),
        (NOT_OFFERED, made.until_banner(banner=made.broken("", made.TIMED_OUT)), ""),
    ],
)
def test_who_was_offered_starttls_and_who_is_are_told_apart(
    bounce: Bounce, seen: AttemptEvidence, sentence: str
) -> None:
    evidence = ConnectorEvidence((seen,), ((),), datetime(2026, 1, 1, tzinfo=UTC), 0.0)
    told = live(bounce, replace(result(attempt(None)), evidence=evidence)).text
    for one in ("live-starttls-only-now", "live-starttls-only-then"):
        assert (ENGLISH.explain[one] in told) is (one == sentence)


def test_a_ticket_that_still_comes_early_is_the_reason_that_stands() -> None:
    handshake = made.session().handshake
    assert handshake is not None
    for early, verdict in ((True, V.STANDS), (False, V.GONE)):
        seen = replace(made.session(), handshake=replace(handshake, early_ticket=early))
        evidence = ConnectorEvidence((seen,), ((),), datetime(2026, 1, 1, tzinfo=UTC), 0.0)
        assert live(RENEGOTIATE, replace(result(attempt(None)), evidence=evidence)).verdict is verdict


@pytest.mark.parametrize(
    ("text", "direction", "culprit"),
    [
        ("450 4.4.316 x [LastAttemptedServerName=mail.contoso.com]", Direction.FROM_EXCHANGE_ONLINE, Culprit.UNKNOWN),
        ("450 4.4.317 x [Message=CertificateExpired]", Direction.FROM_EXCHANGE_ONLINE, Culprit.SERVER),
        ("450 4.7.230 Connecting Exchange server version is out-of-date", Direction.TO_EXCHANGE_ONLINE, Culprit.SENDER),
        ("550 5.7.233 Your message can't be sent", Direction.FROM_EXCHANGE_ONLINE, Culprit.SENDER),
        ("450 4.7.25 Service unavailable, [2001:db8::1] must have reverse DNS record", None, Culprit.SENDER),
        ("451 4.4.397 x -> 421 4.2.1 Unable to connect", Direction.FROM_EXCHANGE_SERVER, Culprit.UNKNOWN),
    ],
)
def test_which_way_the_mail_went_and_whose_it_is(text: str, direction: Direction | None, culprit: Culprit) -> None:
    found = explained(text)
    assert found.direction in (direction, Direction.TO_EXCHANGE_ONLINE if direction is None else direction)
    assert found.culprit is culprit


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (
            "contoso-com.mail.protection.outlook.com",
            "451 4.4.397 x -> 421 4.2.1 Unable to connect -> SocketConnectionRefused: Socket error code 10061",
        ),
        ("contoso.mail.onmicrosoft.com", "454 4.7.5 Certificate validation failure, Reason:UntrustedRoot"),
        ("contoso-com.h-v1.mx.microsoft", "451 4.4.0 TLS negotiation failed with error SocketError"),
        (
            "contoso-com.mail.protection.partner.outlook.cn",
            '451 4.4.0 Primary target IP address responded with: "421 4.4.2 Connection dropped due to SocketError."',
        ),
        (
            "contoso-com.mail.protection.office365.us",
            "451 4.4.395 Target host responded with error. -> 451 5.7.3 Must issue a STARTTLS command first",
        ),
        (
            "outlook-com.olc.protection.outlook.com",
            "451 4.4.0 DNS query failed. The error was: DNS query failed with error ErrorRetry",
        ),
    ],
)
def test_a_server_of_microsoft_s_is_mended_at_the_sender_s_side(server: str, words: str) -> None:
    found = explained(f"[{{LED={words}}};{{FQDN={server}}};{{IP=203.0.113.9}}]")
    assert (found.direction, found.culprit) == (Direction.TO_EXCHANGE_ONLINE, Culprit.SENDER)
    assert found.causes == ()
    assert found.remedies
    told = " ".join(text for one in found.remedies for text in (one.text, *one.commands))
    for theirs in ("Get-Service", "Get-ReceiveConnector", "OutboundConnector", "Start-Service", "no inspect"):
        assert theirs not in told
    assert ENGLISH.explain["microsofts-server"] in found.notes


def test_a_code_of_many_faults_asks_for_the_message_first() -> None:
    bare, told = explained("450 4.4.317 x [LastAttemptedServerName=mail.contoso.com]"), explained("450 4.4.316 x")
    assert (bare.remedies[0].id, bare.remedies[0].commands) == ("find-message", ("probe mail.contoso.com",))
    assert "find-message" not in {one.id for one in told.remedies}
    shown = to_text(document(read("450 4.4.317 x")), RenderOptions(width=60)).splitlines()
    tenth = next(number for number, line in enumerate(shown) if line.startswith("  10. "))
    assert shown[tenth + 1].startswith(" " * 6)
    assert shown[tenth + 1][6] != " "


def test_a_lookup_that_failed_may_have_asked_the_servers_of_before() -> None:
    found = explained("450 4.4.312 DNS query failed [Message=ErrorRetry]")
    assert CauseVerdict.RULED_OUT not in verdicts(found).values()
    assert verdicts(found)["stale-dns-cache"] is CauseVerdict.POSSIBLE


def test_a_chinese_list_has_chinese_marks() -> None:
    (bounce,) = read_bounces("450 4.4.318 x (SuspiciousRemoteServerError)")
    (note,) = (one for one in explain(bounce, CHINESE).notes if "EHLO" in one)
    assert ("；" in note, "; " in note) == (True, False)


def test_what_may_be_besides_is_no_first_remedy() -> None:
    expired, mismatch = (
        explained(f"450 4.4.317 x [Message={one}]") for one in ("CertificateExpired", "SubjectMismatch")
    )
    assert [one.remedies[0].id for one in (expired, mismatch)] == ["renew-certificate", "add-name"]
    assert "check-appliance" in {one.id for one in expired.remedies}
    marked = explained(f"450 4.4.317 x [Message=CertificateExpired Thumbprint: {'ab' * 20}.]")
    assert not {"check-appliance"} & {one.id for one in marked.remedies}


def test_a_refused_connection_is_no_matter_of_dns() -> None:
    said = [one.id for one in explain(REFUSED).remedies]
    assert said[0] == "open-port-25"
    assert not {"renew-domain", "fix-dns", "mend-family"} & set(said)


def test_an_address_that_is_no_more_is_named() -> None:
    assert "192.0.2.5" in live(REFUSED, result(attempt(None, "192.0.2.6"))).text
    assert "192.0.2.5" not in live(REFUSED, result(attempt(None))).text


def test_the_text_leaves_causes_to_the_probe_where_the_fault_stands() -> None:
    found = explain(REFUSED)
    standing = replace(found, live=live(REFUSED, result(attempt(F.TCP_REFUSED))))
    gone = replace(found, live=live(REFUSED, result(attempt(None))))
    why = ENGLISH.text["why"]
    page = document(ReadResult((REFUSED,)))
    shown = [to_text(replace(page, matches=(one,)), RenderOptions()) for one in (found, standing, gone)]
    assert [why in text.splitlines() for text in shown] == [True, False, True]
    assert [text.splitlines()[0] for text in shown] == ["4.4.316 Connection refused"] * 3


def test_colour_only_where_it_is_asked_for() -> None:
    plain, coloured = (to_text(document(ReadResult((CUT,))), RenderOptions(colour=one)) for one in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[1m4.4.318" in coloured
