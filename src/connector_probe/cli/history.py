"""``probe history``: what earlier runs saw. What it stands on is imported only when it is called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from connector_probe.cli import completers
from connector_probe.cli import options as opt
from connector_probe.cli.history_file import history_of
from connector_probe.cli.output import can_show, put_document, text_options, words_for
from connector_probe.cli.targets import check_target
from connector_probe.cli.values import UsageProblemError, parse_duration
from connector_probe.model.documents import Format
from connector_probe.model.names import show
from connector_probe.model.spelling import nearest

if TYPE_CHECKING:
    from connector_probe.model.history import Past


def history(
    names: list[str] | None = typer.Argument(
        None, metavar="[NAME...]", help="Connectors; all by default.", autocompletion=completers.recorded
    ),
    file: str | None = typer.Option(None, "--history", metavar="FILE", help="The history. Default: that of probe run."),
    window: str = typer.Option("24h", "--window", metavar="TIME", help="What the time line and the counts cover."),
    json: opt.Json = False,
    lang: opt.Lang = None,
    output: opt.Output = None,
) -> None:
    """What earlier runs saw: since when it fails, how often, when queued mail starts to bounce, renewed certificates.

    \b
      probe history                        every connector, in short
      probe history "Hybrid, head office"  one, with each outage and change
      probe history --window 30d           a longer time line
    """
    from connector_probe.formats.history import to_text
    from connector_probe.formats.json import to_json
    from connector_probe.history.summary import sum_up
    from connector_probe.model.history import HISTORY_SCHEMA, HistoryDocument

    seconds = parse_duration("--window", window)
    if not 60 <= seconds <= 3660 * 86_400:
        raise UsageProblemError(f"--window {show(window)}", "from a minute to ten years, as in: 24h, 30d")
    if output is not None:
        check_target(Path(output))
    path, now = history_of(file), datetime.now(UTC)
    assert path is not None
    within = timedelta(seconds=seconds)
    pasts = _pasts(path, names or (), now, within, must_exist=file is not None, whole=json)
    summed = tuple(sum_up(past, now, within) for past in pasts)
    words = words_for(lang, Format.JSON if json else Format.TEXT)
    document = HistoryDocument(HISTORY_SCHEMA, now, seconds, summed)
    if json:
        text = to_json(document)
    elif not summed:
        text = words.history["empty"].format(path=show(str(path), 300)) + "\n"
    else:
        at_terminal = output is None
        options = text_options(words, to_file=not at_terminal)
        ascii_only = at_terminal and not can_show("▁▄█·")
        text = to_text(document, options, detailed=bool(names), ascii_only=ascii_only)
    put_document(text, output)


def _pasts(
    path: Path, names: Sequence[str], now: datetime, window: timedelta, *, must_exist: bool, whole: bool
) -> list[Past]:
    """Raises UsageProblemError for a name that was never recorded, HistoryError for a file that cannot be read."""
    from connector_probe.history import History

    if must_exist and not path.exists():
        raise UsageProblemError(f"history {show(str(path), 300)}: there is no such file", "probe run writes it")
    store = History(path)
    known = store.names()
    for name in names:
        if name not in known:
            listed = ", ".join(show(one) for one in _alike(name, known))
            hint = f"did you mean {listed}?" if listed else "probe history lists the connectors that are recorded"
            raise UsageProblemError(f"nothing is recorded of a connector {show(name)!r}", hint)
    return store.pasts(now, window, names or None, whole=whole or bool(names))


def _alike(name: str, known: Sequence[str]) -> list[str]:
    """Those that are spelled nearly so, else those that have the name, or nearly so, as a part."""
    meant = nearest(name, known)
    if meant is not None:
        return [meant]
    parts = [one for one in known if name.casefold() in one.casefold() or nearest(name, one.split()) is not None]
    return parts[:5]
