"""The registry of languages, and which one a person reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import cast

from connector_probe.model.documents import Language
from connector_probe.wording.catalogue import Catalogue

__all__ = ["CATALOGUES", "Language", "language_of"]


class _Catalogues(Mapping[Language, Catalogue]):
    """Each from its own module, when it is first looked at: a reader has one language."""

    def __getitem__(self, language: Language) -> Catalogue:
        return cast(Catalogue, getattr(import_module(f"{__package__}.{language}"), language.name))

    def __iter__(self) -> Iterator[Language]:
        return iter(Language)

    def __len__(self) -> int:
        return len(Language)


CATALOGUES: Mapping[Language, Catalogue] = _Catalogues()
# POSIX.1-2017 8.2: the first of these that is set and not empty decides on messages.
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(environment: Mapping[str, str]) -> Language:
    """The language of a locale such as zh_CN.UTF-8; English for every one that there is no catalogue for."""
    locale = next((value for name in _VARIABLES if (value := environment.get(name))), "")
    code = locale.replace("-", "_").split("_")[0].split(".")[0].split("@")[0].lower()
    return Language(code) if code in set(Language) else Language.ENGLISH
