"""The stage table of the text format: cut to one line each, and with -v whole, within the width and aligned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.formats.layout import columns
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import Report
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.zh import CHINESE
from tests.formats.sample import only

WORDS = " ".join(f"word{number}" for number in range(40))


def report(words: Catalogue) -> Report:
    """A server with much to say in its greeting."""
    made = only("Hybrid, head office", words)
    (result,) = made.results
    (attempt,) = result.attempts
    stages = tuple(
        replace(one, detail=dict.fromkeys(one.detail, f"220 {WORDS}")) if one.stage is Stage.BANNER else one
        for one in attempt.stages
    )
    return replace(made, results=(replace(result, attempts=(replace(attempt, stages=stages),)),))


def test_an_expired_certificate_that_does_not_count_is_not_called_ok() -> None:
    """As where the connector is opportunistic."""
    made = only("Edge: expired")
    (result,) = made.results
    first, *others = result.attempts
    stages = tuple(replace(one, status="ok") for one in first.stages)
    tolerated = replace(result, attempts=(replace(first, stages=stages), *others))
    told = RENDERERS[Format.TEXT](replace(made, results=(tolerated,)), RenderOptions())
    assert "\n    certificate -               disregarded (expired: 2 days ago)\n" in told
    assert "\n    certificate FAILED          expired: 2 days ago\n" in RENDERERS[Format.TEXT](made, RenderOptions())


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=lambda words: words.language)
@pytest.mark.parametrize("width", [60, 80])
def test_a_long_fact_is_cut_and_whole_with_v(words: Catalogue, width: int) -> None:
    options = RenderOptions(words=words, width=width)
    short, whole = (RENDERERS[Format.TEXT](report(words), replace(options, verbosity=level)) for level in (0, 1))
    assert "word39" not in short
    lines = whole.splitlines()
    at = next(number for number, line in enumerate(lines) if "word0" in line)
    until = next(number for number, line in enumerate(lines) if "word39" in line)
    assert until > at
    assert " ".join(WORDS.split()) in " ".join(" ".join(lines[at : until + 1]).split())
    assert all(columns(line) <= width for line in lines[at : until + 1])
    begins = lines[at].index("220 word0")
    assert begins == 6 if width == 60 else begins > 20  # below its label where there is too little room beside it
    assert {line[:29].strip() == "" for line in lines[at + 1 : until + 1]} == {width == 80}  # aligned below the fact
