"""What a reader may ask of a format, and the phrases that several formats share.

Here because no format imports another one. Everything is text without markup: each format escapes for its own syntax.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta

from connector_probe.model import notation
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import CertificateProblemKind, Stage
from connector_probe.model.notation import day
from connector_probe.model.verdict import (
    Attempt,
    Badge,
    Cause,
    CertificateReport,
    Confidence,
    Report,
    Result,
    StageReport,
    Status,
)
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.outage import lasting
from connector_probe.wording.sentences import fill, word

_MINOR_REMARKS = frozenset({"chain-root", "client-authorities", "revocation-asked"})  # told with verbosity 1 alone
# Told with verbosity 1 alone, too: nothing is published, so nothing follows.
_UNREMARKABLE = frozenset({"dane-absent", "dane-undetermined", "mta-sts-absent", "mta-sts-unknown"})
WORST_FIRST = (Badge.NOT_AS_EXPECTED, Badge.FAILING, Badge.UNKNOWN, Badge.WARNING, Badge.HEALTHY, Badge.AS_EXPECTED)
MAX_NAMES = 8  # of a certificate; the rest is counted
# The only addresses that become links: a server can write others into its replies, and they must stay text.
TRUSTED_LINK = r"(?a)(https://learn\.microsoft\.com/(?:[A-Za-z0-9/_.#?=-]*[A-Za-z0-9/])?)"

# The facts of a stage that are worth a place in its row, best first.
_STAGE_FACTS = {
    Stage.DNS: ("addresses",),
    Stage.CONNECT: ("fault",),
    Stage.BANNER: ("reply", "fault", "garble"),
    Stage.EHLO: ("fault", "garble"),
    Stage.STARTTLS: ("reply", "fault", "garble"),
    Stage.TLS: ("version", "cipher", "fault", "alert", "text"),
    Stage.CERTIFICATE: ("problems", "subject"),
    Stage.RECIPIENT: ("reply", "fault", "garble"),
}


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """``verbosity``: -1 only what is wrong, 0 normal, 1 everything. ``brief``: of text, one line a connector.

    ``modes``: say how other TlsSettings would do.

    ``names``: only these connectors, whatever the verbosity; None for all. ``locations``: file and line of each
    connector by its name, where the connectors came from a file.
    """

    words: Catalogue = ENGLISH
    colour: bool = False
    width: int = 80
    verbosity: int = 0
    brief: bool = False
    transcript: bool = False
    modes: bool = False
    names: frozenset[str] | None = None
    locations: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def shown(report: Report, options: RenderOptions) -> Sequence[Result]:
    """The results that a document for people has: with verbosity -1 only those that are not as expected."""
    if options.names is not None:
        return [one for one in report.results if one.name in options.names]
    return [one for one in report.results if options.verbosity >= 0 or not one.expected]


def urgency(result: Result) -> tuple[bool, datetime, int]:
    """The lower, the sooner a person has to look: what is not as expected, first what bounces first."""
    bounces_at = result.outage.bounces_at if result.outage is not None else datetime.max.replace(tzinfo=UTC)
    return result.expected, bounces_at, WORST_FIRST.index(result.badge)


def headline(result: Result, words: Catalogue) -> str:
    """The verdict in a few words: "450 4.4.316 Connection refused", "mail would flow"."""
    diagnosis = result.diagnosis
    if diagnosis is None:
        if result.code_expected:
            return words.text["still-flows"]
        partly = any(warning.id == "unequal-verdicts" for warning in result.warnings)
        return words.text["partly-line" if partly else f"{result.status.value}-line"]
    if diagnosis.code is not None:
        return f"450 {diagnosis.code} {diagnosis.title}"
    return words.text["not-server" if result.status is Status.UNKNOWN else "no-code"]


def labelled(told: str, result: Result, words: Catalogue) -> str:
    """Headline or sentence where no badge stands beside it: "AS EXPECTED: 450 4.4.316 Connection refused"."""
    if not result.code_expected:
        return told
    return fill(words.text["labelled"], {"label": words.text[result.badge.value], "text": told})


def gist(result: Result, words: Catalogue) -> str:
    """The headline for a list, where one line is all there is: of warnings the first one."""
    told = headline(result, words)
    if result.badge is Badge.WARNING and len(set(result.warning_texts)) == 1:
        told = result.warning_texts[0]
    return told if result.maintenance is None else fill(words.text["listed-in-maintenance"], {"line": told})


def subtitle(result: Result, words: Catalogue) -> str:
    """What failed in our own words, where they say more than the headline; else empty."""
    diagnosis = result.diagnosis
    if diagnosis is None:
        return ""
    title = diagnosis.heading
    return "" if title == diagnosis.title and diagnosis.code is not None else title


def sentence(result: Result, words: Catalogue) -> str:
    """Headline, subtitle and what was seen (or the warnings), in one line."""
    start, more = headline(result, words), subtitle(result, words)
    seen = [warning.text for warning in result.warnings] if result.diagnosis is None else [result.diagnosis.detail]
    first = fill(words.text["labelled"], {"label": start, "text": more}) if more else start
    return words.join([full_stop(first, words), *seen])


def full_stop(text: str, words: Catalogue) -> str:
    """``text`` as a whole sentence."""
    return fill(words.text["sentence"], {"text": text})


def colon(text: str, words: Catalogue) -> str:
    """``text`` in front of what it announces."""
    return fill(words.text["colon"], {"text": text})


def as_long_as(most: int, separator: str, parts: Iterable[str], rest: str) -> str:
    """As many whole parts as fit into ``most`` octets, and ``rest`` for those that do not."""
    taken: list[str] = []
    size = len(rest)
    for part in parts:
        size += len(part.encode("utf-8", "replace")) + len(separator)
        if size > most:
            return separator.join([*taken, *filter(None, [rest])])
        taken.append(part)
    return separator.join(taken)


def confidence(level: Confidence, words: Catalogue) -> str:
    """How sure a diagnosis is, as a sentence."""
    say = words.text
    return full_stop(fill(say["labelled"], {"label": say["confidence"], "text": say[level.value]}), words)


def cause_text(cause: Cause, words: Catalogue) -> str:
    """A cause and what was seen of it."""
    return words.join((cause.text, *cause.evidence))


def expectation(result: Result, words: Catalogue) -> str:
    """What was found instead of the expected code; empty where none is expected, and where it was found."""
    if not result.code_expected or result.badge is Badge.AS_EXPECTED:
        return ""
    found = code_or_class(result) or words.text["healthy-line"]
    return fill(words.text["expected-other"], {"expected": result.expect, "found": found})


def maintained(result: Result, words: Catalogue) -> str:
    """What goes in front of a failure inside a maintenance window, so that nobody takes it for one that alerts."""
    until = result.maintenance
    return "" if until is None else fill(words.text["in-maintenance"], {"until": day(until)})


def totals(report: Report, words: Catalogue) -> str:
    """ "4 probed: 1 healthy, 3 failing"."""
    return fill(words.text["summary"], {"total": str(len(report.results)), "counts": counts(report.results, words)})


def counts(results: Sequence[Result], words: Catalogue, badges: Iterable[Badge] = Badge) -> str:
    """How many have each badge that there is; of nothing, that none is healthy."""
    found = Counter(one.badge for one in results) or Counter({Badge.HEALTHY: 0})
    told = (badge for badge in badges if badge in found)
    return words.listed(fill(words.text[f"count-{badge.value}"], {"count": str(found[badge])}) for badge in told)


def other_modes(result: Result, words: Catalogue) -> str:
    """What would happen under the other TlsSettings."""
    say = words.text
    if len(set(result.by_tls_mode.values())) == 1:
        return say["same-modes"]
    others = [
        f"{mode} {say['flows'] if code is None else say.get(code, code)}"
        for mode, code in result.by_tls_mode.items()
        if mode is not result.connector.tls
    ]
    return fill(say["other-modes"], {"modes": words.listed(others)})


def endpoint(attempt: Attempt, words: Catalogue) -> str:
    """ "mail.contoso.com [192.0.2.5]:25"."""
    if attempt.address is None:
        return f"{attempt.server} ({words.text['no-address']})"
    return notation.endpoint(attempt)


def code_or_class(of: Attempt | Result) -> str:
    """What it failed with, in one token; empty where it did not."""
    return of.code or of.class_ or ""


def stage_name(stage: Stage, words: Catalogue) -> str:
    return words.text[f"stage-{stage}"]


def is_disregarded(stage: StageReport, attempt: Attempt) -> bool:
    """Whether a certificate has problems that do not count, as by its TlsSettings."""
    return stage.stage is Stage.CERTIFICATE and stage.status == "ok" and bool(attempt.certificate_problems)


def stage_fact(stage: StageReport, attempt: Attempt, result: Result, words: Catalogue) -> str:
    """What the stage showed, as short as possible; for DNS the addresses, or how each question ended."""
    if stage.stage is Stage.CERTIFICATE and attempt.certificate_problems:
        problems = (_problem(kind, attempt, result, words) for kind in attempt.certificate_problems)
        told = words.listed(dict.fromkeys(problems))
        return fill(words.text["disregarded"], {"problems": told}) if is_disregarded(stage, attempt) else told
    if stage.stage is Stage.DNS and not stage.detail.get("addresses"):
        return ", ".join(f"{rdtype.upper()}: {word('lookup', said, words)}" for rdtype, said in stage.detail.items())
    shown = (name for name in _STAGE_FACTS[stage.stage] if stage.detail.get(name))
    return " ".join(word(name, stage.detail[name], words) for name in shown)


def _problem(kind: CertificateProblemKind, attempt: Attempt, result: Result, words: Catalogue) -> str:
    """In a word or two; of a certificate that has expired, how long ago."""
    told, ended = word("problem", kind, words), attempt.certificates[0].not_after if attempt.certificates else None
    if kind is not CertificateProblemKind.EXPIRED or ended is None:
        return told
    ago = (result.connector.as_of or result.evidence.started_at) - ended
    if ago < timedelta(days=2):
        return fill(words.text["expired-ago"], {"problem": told, "lasting": lasting(max(ago, timedelta(0)), words)})
    return fill(words.text["expired-days-ago"], {"problem": told, "days": str(ago.days)})


def policy_lines(attempt: Attempt, options: RenderOptions) -> list[str]:
    """What the domain's policies (DANE, MTA-STS) make of an address."""
    return [one.text for one in attempt.policies if options.verbosity > 0 or one.id not in _UNREMARKABLE]


@dataclass(frozen=True, slots=True)
class ChainListing:
    """A chain as a server sent it: those to be shown one by one, the subjects of the rest, and remarks on it."""

    certificates: tuple[CertificateReport, ...]
    rest: str
    remarks: tuple[str, ...]


def chains(attempts: Sequence[Attempt], options: RenderOptions) -> Iterator[ChainListing]:
    """Each distinct chain of certificates once; with verbosity 1 every certificate in it, else the server's own."""
    seen: set[tuple[str, ...]] = set()
    for attempt in attempts:
        prints = tuple(one.sha256 for one in attempt.certificates)
        if prints and prints not in seen:
            seen.add(prints)
            most = len(prints) if options.verbosity > 0 else 1
            told = (one.text for one in attempt.remarks if options.verbosity > 0 or one.id not in _MINOR_REMARKS)
            yield ChainListing(
                attempt.certificates[:most],
                " <- ".join(one.subject for one in attempt.certificates[most:]),
                tuple(told),
            )


def certificate_rows(certificate: CertificateReport, words: Catalogue) -> Iterator[tuple[str, str]]:
    """Label and value of each thing to know about a certificate; labels may be empty, values are not."""
    say = words.text
    names = ", ".join(certificate.names[:MAX_NAMES])
    if len(certificate.names) > MAX_NAMES:
        names += f" (+{len(certificate.names) - MAX_NAMES})"
    validity = {"not_before": day(certificate.not_before), "not_after": day(certificate.not_after)}
    rows = (
        (say["subject"], certificate.subject),
        (say["names"], names),
        (say["issuer"], certificate.issuer),
        ("", fill(say["valid"], validity)),
        (say["key"], ", ".join(filter(None, (certificate.key, certificate.signature)))),
        (say["serial"], certificate.serial),
        ("SHA-1", certificate.sha1),
        ("SHA-256", certificate.sha256),
    )
    return (row for row in rows if row[1])


# What begins a construct anywhere in Markdown's inline text (CommonMark 6), and a table cell's end (GFM 4.10).
_MARKDOWN_INLINE = r"[\\`*_\[\]<>&|~$]"
# What begins a block where a line begins (CommonMark 4 and 5), and what GFM makes a link of by itself.
_MARKDOWN_BLOCK = r"^(\s*)([#+=-]|\d+(?=[.)]))"
_MARKDOWN_LINK = r"(?i)(?<=\bwww)(?=\.)|(?<=\bhttp)(?=:)|(?<=\bhttps)(?=:)|(?<=\bftp)(?=:)"


def markdown_text(text: str) -> str:
    """``text`` so that Markdown shows it as it is: no markup, no HTML, no links but the trusted ones."""
    parts = re.split(TRUSTED_LINK, text)  # every second one is a link
    escaped = "".join(f"<{one}>" if at % 2 else _markdown_plain(one) for at, one in enumerate(parts))
    return re.sub(_MARKDOWN_BLOCK, _escape_block, escaped)


def _markdown_plain(text: str) -> str:
    escaped = re.sub(_MARKDOWN_INLINE, r"\\\g<0>", text)
    return re.sub(_MARKDOWN_LINK, r"\\", escaped)


def _escape_block(match: re.Match[str]) -> str:
    """A list number is escaped at its dot, everything else at its first character."""
    return f"{match[1]}{match[2]}\\" if match[2].isdigit() else f"{match[1]}\\{match[2]}"
