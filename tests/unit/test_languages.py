"""Which language a person reads, and which a program."""

from __future__ import annotations

import pytest

from connector_probe.cli.output import FOR_PEOPLE, words_for
from connector_probe.formats import Format
from connector_probe.model.documents import Language
from connector_probe.wording.catalogue.commands import COMMANDS
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.languages import catalogue_of, language_of
from connector_probe.wording.catalogue.zh import CHINESE


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "zh_CN.UTF-8"},
        {"LANG": "zh_CN"},
        {"LANG": "zh"},
        {"LANG": "zh-Hans-CN"},
        {"LANG": "zh_SG.GB18030"},
        {"LANG": "ZH_cn.utf8"},
        {"LANG": "zh.UTF-8@radical"},
        {"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"},
        {"LC_ALL": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8", "LANG": "C"},
        {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh_CN.UTF-8"},
    ],
)
def test_chinese(environment: dict[str, str]) -> None:
    assert language_of(environment) is Language.CHINESE


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LANG": ""},
        {"LANG": "C"},
        {"LANG": "POSIX"},
        {"LANG": "C.UTF-8"},
        {"LANG": "en_GB.UTF-8"},
        {"LANG": "de_DE.UTF-8"},
        {"LANG": "zhx_XX"},
        {"LANG": "_"},
        {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"},
        {"LC_MESSAGES": "de_DE", "LANG": "zh_CN.UTF-8"},
        {"LC_CTYPE": "zh_CN.UTF-8"},
    ],
)
def test_english(environment: dict[str, str]) -> None:
    assert language_of(environment) is Language.ENGLISH


def test_a_program_s_format_follows_the_option_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for one in Format:
        assert words_for(None, one) is (CHINESE if one in FOR_PEOPLE else ENGLISH)
        assert words_for(Language.CHINESE, one) is CHINESE
        assert words_for(Language.ENGLISH, one) is ENGLISH


def test_every_language_is_registered_under_its_code() -> None:
    assert [catalogue_of(one).language for one in Language] == list(Language)


def test_an_event_is_looked_for_by_its_number() -> None:
    """An InstanceId is another number: it holds severity and facility too, so Get-EventLog would find nothing."""
    commands = [one for several in COMMANDS.values() for one in several if "12014" in one]
    assert commands
    for command in commands:
        assert "InstanceId" not in command
        assert "EventID=12014" in command
