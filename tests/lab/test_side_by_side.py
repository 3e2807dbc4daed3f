"""What the text says, the page and the ticket say too: scenarios of every kind, side by side in all formats for people.

Each sentence that the text of a scenario has is looked for in what a browser, or a reader of Markdown, would show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import html5lib
import pytest
from markdown_it import MarkdownIt

from connector_probe.formats import RENDERERS, Format
from connector_probe.formats.document import Answers, Depth, document
from connector_probe.formats.options import RenderOptions, certificate_rows, headline, other_modes, subtitle
from connector_probe.model.verdict import Report, Result
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.outage import clock

# By what it has that a healthy server has not; the sentence is one that only this kind of thing says.
SCENARIOS = {
    "certificate-wrong-order": "mail would flow",  # the order of the chain is told with -v
    "certificate-long-chain": "CN=Lab Level 6",
    "mta-sts-testing": "MTA-STS: policy with mode testing",
    "unequal-servers": "part of the mail would queue",
    "one-address-bad-certificate": "met another certificate than the rest",
    "dns-authorities-disagree": "The authoritative servers disagree",
    "clock-doubtful": "This machine's clock is not plausible",
    "dane-unusable": "DANE:",
    "dane-tlsa-mismatch": "DANE: the certificate fails the TLSA records",
    "retry-clears": "A retry cleared an earlier failure",
    "source-address": "cannot be told from here",
}


def squeezed(text: str) -> str:
    """Without the white space, of which every format makes its own."""
    return re.sub(r"\s+", "", text)


def as_shown(format_: Format, document: str) -> str:
    if format_ is Format.MARKDOWN:
        document = MarkdownIt("gfm-like", {"linkify": False}).render(document)
    return "".join(html5lib.parse(document, namespaceHTMLElements=False).itertext())


def sentences(result: Result, report: Report) -> Iterator[str]:
    """All that there is to be said of a result: what the text leaves out, the others may, too."""
    yield from (headline(result, ENGLISH), subtitle(result, ENGLISH), clock(result, ENGLISH))
    yield other_modes(result, ENGLISH)
    yield from (one.text for one in result.warnings)
    yield from report.vantage.notes
    if (found := result.diagnosis) is not None:
        yield from (found.detail, found.reply or "", found.reference, *(one.reply for one in found.also_seen_as))
        for cause in found.causes:
            yield from (cause.text, *cause.evidence)
        for remedy in found.remedies:
            yield from (remedy.text, *remedy.commands)
    for attempt in result.attempts:
        yield from (one.text for one in (*attempt.policies, *attempt.remarks))
        yield from (f"{one.from_}{one.text}" for one in attempt.transcript)
        for certificate in attempt.certificates:
            yield from (value for _, value in certificate_rows(certificate, ENGLISH))
    for part in document(report, RenderOptions(names=frozenset({result.name})), Depth.ALL).sections[0].parts:
        for block in part.blocks:
            if isinstance(block, Answers):
                yield from (block.caption, *(text for row in block.rows for text in row))


@pytest.mark.parametrize("verbosity", [0, 1])
@pytest.mark.parametrize(("name", "sign"), SCENARIOS.items(), ids=SCENARIOS)
def test_no_format_for_people_says_less_than_the_text(
    name: str, sign: str, verbosity: int, reports: dict[str, Report]
) -> None:
    if name not in reports:
        pytest.skip("this machine cannot run the scenario")
    report = reports[name]
    options = RenderOptions(verbosity=verbosity, modes=True)
    text = squeezed(RENDERERS[Format.TEXT](report, options))
    assert squeezed(sign) in text
    told = [one for one in map(squeezed, sentences(report.results[0], report)) if one and one in text]
    assert len(told) > 3
    for format_ in (Format.MARKDOWN, Format.HTML):
        shown = squeezed(as_shown(format_, RENDERERS[format_](report, options)))
        assert [one for one in told if one not in shown] == [], format_


def test_every_format_says_that_only_a_part_of_the_mail_would_flow(reports: dict[str, Report]) -> None:
    """With unequal servers behind one address no headline may sound as if all were well."""
    for format_ in (Format.TEXT, Format.MARKDOWN, Format.HTML, Format.NAGIOS, Format.GITHUB, Format.JUNIT):
        assert "part of the mail would queue" in RENDERERS[format_](reports["unequal-servers"], RenderOptions())
