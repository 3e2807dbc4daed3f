"""Every failure class has a profile, words that can be filled in, a rule, and a scenario of the lab."""

from __future__ import annotations

import pkgutil
import re
import string
from collections.abc import Iterator, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any

import pytest

from connector_probe.diagnosis.causes import CAUSES
from connector_probe.diagnosis.profiles import HEADLINES, PROFILES
from connector_probe.diagnosis.view import CERTIFICATE_ORDER
from connector_probe.lab.scenarios import SCENARIOS
from connector_probe.model.documents import Language
from connector_probe.model.evidence import CertificateProblemKind, FaultKind, Garble, LookupStatus, ReplyFlaw, Stage
from connector_probe.model.ids import CauseId, EvidenceId, HeadingId, RemedyId, WarningId
from connector_probe.model.sentence import Facts
from connector_probe.model.verdict import UNTELLABLE, CauseVerdict, Confidence, Culprit, FailureClass, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.commands import COMMANDS
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.languages import catalogue_of
from connector_probe.wording.catalogue.zh import CHINESE
from connector_probe.wording.sentences import headline_of

CATALOGUES = tuple(map(catalogue_of, Language))
TABLES = frozenset(Catalogue.__annotations__)
# What no scenario on loopback can show without root; tests/unit/test_rules.py has them from evidence.
NEEDS_A_NAMESPACE = {
    FailureClass.TCP_UNREACHABLE,
    FailureClass.LOCAL_NO_ROUTE,
    FailureClass.LOCAL_NOT_PERMITTED,
    FailureClass.LOCAL_NO_NAMESERVER,
    FailureClass.LOCAL_PORT_BLOCKED,
    FailureClass.LOCAL_GATEWAY,
    FailureClass.LOCAL_FIRST_HOP,
    FailureClass.LOCAL_IPV6,
    FailureClass.LOCAL_OFFLINE,
    FailureClass.LOCAL_NAMESERVER_CUT_OFF,
    FailureClass.LOCAL_NAMESERVER_UNTRUE,
    FailureClass.LOCAL_INTERCEPTED,
    FailureClass.LOCAL_STARTTLS_STRIPPED,
    FailureClass.LOCAL_TLS_STALLED,
}
# What cannot be brought about by a server or a network; unit tests show them.
FROM_EVIDENCE_ONLY = {
    FailureClass.LOCAL_RESOURCES,
    FailureClass.LOCAL_DEADLINE,
    FailureClass.LOCAL_INTERRUPTED,
}


def _fields(template: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def _sentences(words: Catalogue) -> dict[str, str]:
    """Every sentence and label of a language, by its place in the catalogue."""
    found: dict[str, str] = {}
    for table in TABLES:
        found |= {f"{table}/{key}": text for key, text in getattr(words, table).items()}
    return found


def _templates(words: Catalogue) -> Iterator[str]:
    yield from _sentences(words).values()
    for commands in COMMANDS.values():
        yield from commands


def test_every_class_has_a_profile_and_words() -> None:
    assert set(FailureClass) <= set(PROFILES)
    for words in CATALOGUES:
        assert not [one for one in FailureClass if not (words.titles[one] and words.details[one])], words.language


def test_every_class_has_a_cause_and_a_remedy() -> None:
    for failure in FailureClass:
        rows = [row for row in CAUSES.values() if failure in row.explains]
        assert any(row.usual_remedies(failure) or row.id is CauseId.CERTIFICATE_NO_LONGER_VALID for row in rows), (
            failure
        )


def test_every_cause_has_its_row() -> None:
    """Its words, its scenario and its cases are asked for by the tests of those."""
    for cause in CauseId:
        row = CAUSES[cause]
        assert row.explains or row.shown_for, cause
        if row.culprit is not Culprit.THIS_MACHINE and cause is not CauseId.CLIENT_CERTIFICATE_DEMANDED:
            assert not set(row.explains) & UNTELLABLE, f"{cause}: a fault of this machine comes from no server"


def test_every_class_has_a_scenario() -> None:
    shown = {scenario.expect_class for scenario in SCENARIOS}
    assert set(FailureClass) <= shown | NEEDS_A_NAMESPACE | FROM_EVIDENCE_ONLY
    assert not shown & FROM_EVIDENCE_ONLY, "it can be shown after all: take it off the list"


def test_every_certificate_problem_has_its_place_in_the_order() -> None:
    assert set(CERTIFICATE_ORDER) == set(CertificateProblemKind)


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda words: words.language)
def test_every_language_has_every_sentence(words: Catalogue) -> None:
    assert set(_sentences(words)) == set(_sentences(ENGLISH))
    package = import_module(f"connector_probe.wording.catalogue.{words.language}")
    modules = [import_module(f"{package.__name__}.{one.name}") for one in pkgutil.iter_modules(package.__path__)]
    written = [name for one in modules for name, table in vars(one).items() if name.isupper() and type(table) is dict]
    assert {name.lower() for name in written} == TABLES
    for enum in (Status, CauseVerdict, Confidence):
        assert {member.value for member in enum} <= set(words.text)


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda words: words.language)
def test_every_sentence_says_the_same_facts_in_every_language(words: Catalogue) -> None:
    ours, english = _sentences(words), _sentences(ENGLISH)
    different = [key for key, text in ours.items() if set(_fields(text)) != set(_fields(english[key]))]
    assert not different


# What Chinese administrators write in Latin letters as well.
_UNTRANSLATED = re.compile(r"[A-Za-z0-9 .:{}#+>/_-]*")


def test_chinese_sentences_are_chinese() -> None:
    english = _sentences(ENGLISH)
    left = {
        key for key, text in _sentences(CHINESE).items() if text == english[key] and not _UNTRANSLATED.fullmatch(text)
    }
    assert not left
    latin = {key: text for key, text in _sentences(CHINESE).items() if text.isascii()}
    assert all(len(re.findall(r"[A-Za-z]+", re.sub(r"{\w+}", "", text))) <= 2 for text in latin.values()), latin


def test_chinese_punctuation_stands_beside_chinese() -> None:
    """A comma, colon, question mark or full stop of ASCII beside a Chinese character is a slip of the keyboard."""
    for key, text in _sentences(CHINESE).items():
        assert not re.search(r"[\u4e00-\u9fff][,;:!?]|[,;!?][\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?![\w*])", text), key


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda words: words.language)
def test_everything_that_was_seen_has_a_word(words: Catalogue) -> None:
    kinds: dict[str, type[StrEnum]] = {
        "problem": CertificateProblemKind,
        "fault": FaultKind,
        "lookup": LookupStatus,
        "flaw": ReplyFlaw,
        "garble": Garble,
    }
    for kind, enum in kinds.items():
        assert {f"{kind}-{member}" for member in enum} <= set(words.facts), kind
    assert {f"stage-{stage}" for stage in Stage} <= set(words.text)
    assert {f"title-{code}" for code in HEADLINES} <= set(words.text) | set(words.explain)


def test_english_titles_are_what_exchange_online_writes() -> None:
    assert {code: headline_of(code, ENGLISH) for code in HEADLINES} == HEADLINES


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda words: words.language)
def test_every_template_can_be_filled(words: Catalogue) -> None:
    for template in _templates(words):
        for name in _fields(template):
            assert name.isidentifier(), template


@pytest.mark.parametrize("words", CATALOGUES, ids=lambda words: words.language)
def test_every_sentence_of_a_verdict_uses_facts_that_there_are(words: Catalogue) -> None:
    known = set(Facts.__annotations__)
    tables = ("titles", "details", "headings", "causes", "remedies", "evidence", "warnings", "notes", "facts")
    sentences = {key: text for key, text in _sentences(words).items() if key.split("/")[0] in tables}
    assert not [key for key, text in sentences.items() if not set(_fields(text)) <= known]


def test_every_id_has_its_words() -> None:
    """``dict[CauseId, str]`` and its like are whole: every id has words, and there are no words beside them."""
    for words in CATALOGUES:
        ids: tuple[tuple[type[StrEnum], Mapping[Any, object]], ...] = (
            (CauseId, words.causes),
            (EvidenceId, words.evidence),
            (RemedyId, words.remedies),
            (WarningId, words.warnings),
            (HeadingId, words.headings),
        )
        for enum, table in ids:
            assert set(table) == set(enum), enum


def test_commands_hold_nothing_that_a_server_sent() -> None:
    """What is pasted into a shell holds only what the user named: hosts, addresses, and the connector's name."""
    allowed = {"identity", "host", "mx_domain", "parent", "probed", "address_or_server", "dial"}
    for commands in COMMANDS.values():
        for command in commands:
            assert set(_fields(command)) <= allowed, command
