"""The catalogue of each language, and which one a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from connector_probe.model.documents import Language
from connector_probe.wording.catalogue import Catalogue


def catalogue_of(language: Language) -> Catalogue:
    """Loaded when it is first asked for: a reader has one language."""
    return cast(Catalogue, getattr(import_module(f"{__package__}.{language}"), language.name))


# POSIX.1-2017 8.2: the first of these that is set and not empty decides on messages.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(environment: Mapping[str, str]) -> Language:
    """The language of a locale such as zh_CN.UTF-8; English for every one that there is no catalogue for."""
    locale = next((value for name in _VARIABLES if (value := environment.get(name))), "")
    code = locale.replace("-", "_").split("_")[0].split(".")[0].split("@")[0].lower()
    return Language(code) if code in set(Language) else Language.ENGLISH
