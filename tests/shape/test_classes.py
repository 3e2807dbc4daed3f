"""Every failure class has a profile, words that can be filled in, a rule, and a scenario of the lab."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest

from connector_probe.diagnosis import rules
from connector_probe.diagnosis.catalogue import Catalogue, RemedyWords
from connector_probe.diagnosis.catalogue.en import ENGLISH
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.rules import CERTIFICATE_ORDER
from connector_probe.lab.scenarios import SCENARIOS
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.verdict import CauseVerdict, Confidence, FailureClass, Status

CATALOGUES = (ENGLISH,)
# What no scenario on loopback can show without root; tests/unit/test_rules.py has them from evidence.
NEEDS_A_NAMESPACE = {
    FailureClass.TCP_UNREACHABLE,
    FailureClass.LOCAL_NO_ROUTE,
    FailureClass.LOCAL_NOT_PERMITTED,
    FailureClass.LOCAL_NO_NAMESERVER,
    FailureClass.LOCAL_PORT_BLOCKED,
}
# What cannot be brought about by a server or a network; unit tests show them.
FROM_EVIDENCE_ONLY = {
    FailureClass.LOCAL_RESOURCES,
    FailureClass.LOCAL_INTERRUPTED,
    FailureClass.CERTIFICATE_REVOKED,
}


def _fields(template: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def _templates(words: Catalogue) -> Iterator[str]:
    for one in words.classes.values():
        yield one.title
        yield one.detail
    for remedy in (*words.remedies.values(), words.partner_remedy):
        yield remedy.text
        yield from remedy.commands
    for table in (words.causes, words.evidence, words.warnings, words.also_seen, words.notes, words.text, words.clock):
        yield from table.values()


@pytest.mark.parametrize("failure", FailureClass)
def test_every_class_has_a_profile(failure: FailureClass) -> None:
    assert failure in PROFILES


@pytest.mark.parametrize("failure", FailureClass)
@pytest.mark.parametrize("words", CATALOGUES, ids=lambda words: words.language)
def test_every_class_has_words(words: Catalogue, failure: FailureClass) -> None:
    profile = PROFILES[failure]
    assert words.classes[failure].title
    assert words.classes[failure].detail
    assert {identifier for identifier, _ in profile.causes} <= set(words.causes)
    assert set(profile.remedies) <= set(words.remedies)


@pytest.mark.parametrize("failure", FailureClass)
def test_every_class_has_a_scenario(failure: FailureClass) -> None:
    shown = {scenario.expect_class for scenario in SCENARIOS}
    assert failure in shown | NEEDS_A_NAMESPACE | FROM_EVIDENCE_ONLY
    assert failure not in shown & FROM_EVIDENCE_ONLY, "it can be shown after all: take it off the list"


def test_every_class_has_a_rule() -> None:
    import inspect

    source = inspect.getsource(rules)
    spelled = {failure for failure in FailureClass if f".{failure.name}" in source}
    derived = {FailureClass.of_certificate(kind) for kind in CertificateProblemKind}
    assert spelled | derived == set(FailureClass)


def test_every_certificate_problem_has_its_place_in_the_order() -> None:
    assert set(CERTIFICATE_ORDER) == set(CertificateProblemKind)


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda words: words.language)
def test_every_language_has_every_sentence(words: Catalogue) -> None:
    for table in ("classes", "causes", "remedies", "evidence", "warnings", "also_seen", "notes", "text", "clock"):
        assert set(getattr(words, table)) == set(getattr(ENGLISH, table)), table
    for enum in (Status, CauseVerdict, Confidence):
        assert {member.value for member in enum} <= set(words.text)


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda words: words.language)
def test_every_template_can_be_filled(words: Catalogue) -> None:
    for template in _templates(words):
        for name in _fields(template):
            assert name.isidentifier(), template


def test_no_word_goes_unused() -> None:
    used = {identifier for profile in PROFILES.values() for identifier in profile.remedies}
    assert set(ENGLISH.remedies) == used
    assert set(ENGLISH.causes) == {identifier for profile in PROFILES.values() for identifier, _ in profile.causes}


def test_commands_hold_nothing_that_a_server_sent() -> None:
    """What is pasted into a shell holds only what the user named: hosts, addresses, and the connector's name."""
    allowed = {"identity", "host", "parent", "address_or_server", "port"}
    remedies: list[RemedyWords] = [*ENGLISH.remedies.values(), ENGLISH.partner_remedy]
    for remedy in remedies:
        for command in remedy.commands:
            assert set(_fields(command)) <= allowed, command
