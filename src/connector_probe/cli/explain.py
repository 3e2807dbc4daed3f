"""``probe explain``: what a bounce says, or a saved report. What it stands on is imported only when it is called."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from connector_probe.cli import EXIT_FAILED, EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE, completers
from connector_probe.cli import options as opt
from connector_probe.cli.inputs import diagnosed, is_there, name_of, read_input, refuse_too_large
from connector_probe.cli.output import fail, put_document, text_options, words_for
from connector_probe.cli.targets import check_target
from connector_probe.cli.values import UsageProblemError, parse_duration, parse_whole
from connector_probe.model.dataclass import dataclass
from connector_probe.model.documents import MAX_REPORT, SAMPLE, Format, is_report
from connector_probe.model.names import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connector_probe.bounces.bounce import Bounce
    from connector_probe.bounces.explanation import ExplanationDocument
    from connector_probe.model.connector import Connector
    from connector_probe.model.verdict import Report
    from connector_probe.wording.catalogue import Catalogue


def explain(
    texts: list[str] | None = typer.Argument(
        None,
        metavar="[TEXT|FILE|-]",
        help="NDR, trace line, queue or validation error, or a file with some; - or nothing: standard input.",
        show_default=False,
    ),
    json: opt.Json = False,
    output: opt.Output = None,
    lang: opt.Lang = None,
    verbose: opt.Verbose = False,
    probe: bool = typer.Option(
        False, "--probe", help="Also probe the server that is named: does the fault still stand?"
    ),
    port: str | None = typer.Option(None, "--port", metavar="N", help="With --probe: TCP port. Default: the error's."),
    tls: str | None = typer.Option(
        None, "--tls", metavar="MODE", help="With --probe: the connector's TlsSettings.", autocompletion=completers.tls
    ),
    tls_domain: str | None = typer.Option(
        None, metavar="NAME", help="With --probe: TlsDomain. Default: what the error expected."
    ),
    nameserver: opt.Nameservers = None,
    ca_file: opt.CaFile = None,
    only_ca_file: opt.OnlyCaFile = False,
    no_control: opt.NoControl = False,
    connect_timeout: opt.ConnectTimeout = "21s",
    timeout: opt.Timeout = "60s",
    deadline: opt.Deadline = "120s",
) -> None:
    """Say which error a bounce is, what it means and what to do; or diagnose a saved report again.

    \b
      probe explain ndr.eml
      probe explain "450 4.4.316 Connection refused [Message=Socket ..."
      probe explain report.json            of an earlier probe: json, or jsonl
    """
    from connector_probe.bounces.bounce import InputTooLargeError, decode
    from connector_probe.cli.host_lists import parse_tls

    alone = {"--port": port, "--tls": tls, "--tls-domain": tls_domain, "--nameserver": nameserver, "--ca-file": ca_file}
    for name, value in alone.items():
        if value is not None and not probe:
            raise UsageProblemError(f"{name} without --probe", "add --probe to probe the server that the error names")
    if output is not None:
        check_target(Path(output))
    data = _given(texts or [])
    settings = _Settings(
        opt.DocumentOptions(json=json, output=output, lang=lang, verbose=verbose),
        modes=tls is None,
        port=parse_whole("--port", port) if port is not None else None,
        tls_domain=tls_domain,
        of_connector={
            "tls": parse_tls("--tls", tls) if tls is not None else None,
            "nameservers": tuple(nameserver or ()),
            "ca_file": ca_file,
            "only_ca_file": only_ca_file,
            "connect_timeout": parse_duration("--connect-timeout", connect_timeout),
            "timeout": parse_duration("--timeout", timeout),
            "deadline": parse_duration("--deadline", deadline),
            **({"control": ()} if no_control else {}),
        },
    )
    text = data if isinstance(data, str) else decode(data)
    try:
        if is_report(text):
            name = name_of(texts[0]) if texts and (texts == ["-"] or is_there(texts[0])) else "the report"
            raise typer.Exit(_again(text, settings, name, probe=probe))
        raise typer.Exit(_explain(data, settings, probe=probe))
    except InputTooLargeError as problem:
        raise UsageProblemError(str(problem), "give the NDR or the trace line alone") from None


@dataclass(frozen=True, slots=True)
class _Settings:
    """Where the document goes, and how --probe probes. ``of_connector``: further fields of each Connector."""

    document: opt.DocumentOptions
    modes: bool
    port: int | None
    tls_domain: str | None
    of_connector: dict[str, Any]

    @property
    def words(self) -> Catalogue:
        return words_for(self.document.lang, Format.JSON if self.document.json else Format.TEXT)


# --- what is given ---------------------------------------------------------------------------------------------

_FILE_NAME = re.compile(r"\S{0,4000}(?:[/\\]\S{0,255}|\.(?:eml|mbox|msg|txt|log|csv|jsonl?|html?))", re.IGNORECASE)
_OUTLOOK_ITEM = b"\xd0\xcf\x11\xe0"  # the compound file that Outlook saves a mail as


def _given(texts: Sequence[str]) -> str | bytes:
    """Files where all of ``texts`` are files, standard input, or the words themselves."""
    from connector_probe.bounces.bounce import codes_seen

    if not texts or list(texts) == ["-"]:
        if not texts and (sys.stdin is None or sys.stdin.isatty()):
            raise UsageProblemError(
                "nothing to explain", 'give a text, a file, or a pipe: probe explain "450 4.4.316 Connection refused"'
            )
        data = _content("-")
        if not texts and not data.strip():
            raise UsageProblemError("nothing to explain", "standard input is empty; give a text or a file")
        return data
    if all(map(is_there, texts)):
        read = [_content(one) for one in texts]
        return read[0] if len(read) == 1 else b"\n\n".join(read)
    text = " ".join(texts)
    if len(texts) == 1 and _FILE_NAME.fullmatch(text) is not None and not codes_seen(text):
        raise UsageProblemError(f"there is no file {show(text)}", "check the name; a text goes in quotes")
    return text


def _content(file: str) -> bytes:
    """As much of it as a bounce may have, and one octet more; of a report, which a large fleet's is, far more."""
    from connector_probe.bounces.decoding import MAX_INPUT, decode

    larger = (MAX_REPORT, lambda data: is_report(decode(data[:SAMPLE])))
    data = read_input(file, MAX_INPUT, "check name and permissions", larger=larger)
    if data.startswith(_OUTLOOK_ITEM):
        raise UsageProblemError(
            f"{name_of(file)} is an Outlook item, which cannot be read", "save it as .eml or .txt, or paste its text"
        )
    refuse_too_large(data)
    return data


# --- a bounce --------------------------------------------------------------------------------------------------


def _explain(data: str | bytes, settings: _Settings, *, probe: bool) -> int:
    from connector_probe.bounces.bounce import codes_seen, read
    from connector_probe.bounces.explanation import document
    from connector_probe.bounces.known_codes import looked_for
    from connector_probe.cli.slips import refuse_no_error

    reading = read(data)
    bounces = reading.bounces
    found = document(reading, settings.words)
    if not bounces:
        if found.notes or settings.document.json:
            _write(settings, found, None)
        if reading.tells_of_success:
            return EXIT_OK
        refuse_no_error(data)
        seen = codes_seen(data)
        known = f", only {', '.join(seen)}" if seen else ""
        fail(f"no known error code in the text{known}", f"looked for {looked_for()}")
        return EXIT_FAILED
    if not probe:
        _write(settings, found, None)
        return EXIT_OK
    asked = _connectors(bounces, settings)
    if not asked:
        _write(settings, found, None)
        fail("the text names no server to probe", "probe it by its name: probe HOST")
        return EXIT_USAGE
    report = _report(list(dict.fromkeys(asked.values())), settings)
    return _with_live(settings, bounces, found, asked, report)


def _connectors(bounces: Sequence[Bounce], settings: _Settings) -> dict[int, Connector]:
    """A connector for each bounce that names a server, by the bounce's number; one for all that need the same."""
    from connector_probe.bounces.explanation import host_of
    from connector_probe.model.connector import Connector, ConnectorError

    made: dict[tuple[str, int, str | None, bool], Connector] = {}
    found: dict[int, Connector] = {}
    for number, bounce in enumerate(bounces):
        host = host_of(bounce)
        if host is None:
            continue
        # "DNS domain X does not exist" is about a recipient's domain, which is reached by its MX records.
        mx = bounce.code in ("5.4.310", "5.6.7") and bounce.address is None
        port = settings.port or bounce.port or 25
        for tls_domain in dict.fromkeys((settings.tls_domain or bounce.expected_subject, settings.tls_domain)):
            key = (host, port, tls_domain, mx)
            try:
                made[key] = made.get(key) or Connector(
                    smart_hosts=() if mx else (host,),
                    use_mx=host if mx else None,
                    port=port,
                    tls_domain=tls_domain,
                    **settings.of_connector,
                )
            except ConnectorError:
                if tls_domain == settings.tls_domain:
                    raise
                continue  # what the error calls the expected subject is no name
            found[number] = made[key]
            break
    return found


def _report(connectors: list[Connector], settings: _Settings) -> Report:
    from connector_probe.api import probe_all
    from connector_probe.cli.loop import run_async
    from connector_probe.cli.progress import progress

    what = connectors[0].name if len(connectors) == 1 else f"{len(connectors)} servers"

    async def run() -> Report:
        async with progress(what, wanted=True):
            return await probe_all(connectors, words=settings.words)

    return run_async(run())


def _with_live(
    settings: _Settings,
    bounces: Sequence[Bounce],
    found: ExplanationDocument,
    asked: dict[int, Connector],
    report: Report,
) -> int:
    """Print what the probe says of each bounce; 1 where a fault stands or another took its place, 3 where unknown."""
    from connector_probe.bounces.explanation import LiveVerdict
    from connector_probe.bounces.recheck import rechecked

    order = list(dict.fromkeys(asked.values()))
    matches = list(found.matches)
    for number, connector in asked.items():
        result = report.results[order.index(connector)]
        matches[number] = rechecked(matches[number], bounces[number], result, settings.words)
    _write(settings, replace(found, matches=tuple(matches)), report)
    verdicts = {one.live.verdict for one in matches if one.live is not None}
    if verdicts & {LiveVerdict.STANDS, LiveVerdict.CHANGED}:
        return EXIT_FAILED
    return EXIT_UNKNOWN if LiveVerdict.UNKNOWN in verdicts else EXIT_OK


def _write(settings: _Settings, found: ExplanationDocument, report: Report | None) -> None:
    from connector_probe.formats.explanation import to_json, to_text

    if settings.document.json:
        put_document(to_json(found, report), settings.document.output)
        return
    text = to_text(found, text_options(settings.words, to_file=settings.document.output is not None))
    if report is not None:
        from connector_probe.cli.settings import OutputSettings

        text += "\n" + OutputSettings.choose(settings.document, modes=settings.modes).render(report)
    put_document(text, settings.document.output)


# --- a saved report --------------------------------------------------------------------------------------------


def _again(text: str, settings: _Settings, name: str, *, probe: bool) -> int:
    """A saved report, by its ``name``, diagnosed anew: printed, and answered by the exit code, as ``probe`` would."""
    from connector_probe.cli.settings import OutputSettings, exit_code

    if probe:
        raise UsageProblemError("--probe goes with a bounce, not with a saved report", "to probe again: probe HOST")
    report = diagnosed(text, settings.words, name)
    chosen = OutputSettings.choose(settings.document, modes=True)
    put_document(chosen.render(report), settings.document.output)
    return exit_code(report)
