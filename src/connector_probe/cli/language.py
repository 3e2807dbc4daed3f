"""Which language a document is in."""

from __future__ import annotations

import os
import sys

from connector_probe.cli.values import parse_choice
from connector_probe.formats import Format
from connector_probe.model.documents import Language
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.languages import catalogue_of, language_of

# What a person reads follows the person's locale. What a program reads is the same on every machine, so that it
# follows --lang alone.
FOR_PEOPLE = frozenset({Format.TEXT, Format.MARKDOWN, Format.HTML})


def words_for(lang: str | None, format_: Format) -> Catalogue:
    """The catalogue for a document in ``format_``: that of --lang, else of the locale, else English.

    Text follows the locale only where standard output can show it: \\u6b63 is nobody's language. Raises
    UsageProblemError for a language that there is not.
    """
    if lang is not None:
        return catalogue_of(parse_choice("--lang", lang, Language))
    found = language_of(os.environ) if format_ in FOR_PEOPLE else Language.ENGLISH
    if format_ is Format.TEXT and not _can_show(catalogue_of(found).text["healthy"]):
        found = Language.ENGLISH
    return catalogue_of(found)


def _can_show(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
