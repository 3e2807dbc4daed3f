"""The options of ``probe run`` around the probe itself, declared once. Light to import, as all options are."""

from __future__ import annotations

from typing import Annotated

import typer

History = Annotated[
    str | None,
    typer.Option("--history", metavar="FILE", help="Remember this run in FILE, and know of earlier ones."),
]
HostHistory = Annotated[
    str | None,
    typer.Option(
        "--history",
        metavar="FILE",
        help="Remember this run in FILE, and know of earlier ones.",
        rich_help_panel="Going further",
    ),
]
HistoryFile = Annotated[
    str | None,
    typer.Option("--history", metavar="FILE", help="The history. Default: that of probe run."),
]
NoHistory = Annotated[bool, typer.Option("--no-history", help="Read and write no history.")]
OnlyChanges = Annotated[
    bool, typer.Option("--only-changes", help="Print only what changed since it was printed last; nothing if nothing.")
]
Remind = Annotated[
    str | None,
    typer.Option("--remind", metavar="TIME", help="Tell what is still not as expected again after TIME, as in 6h."),
]
Splay = Annotated[str, typer.Option("--splay", metavar="TIME", help="Start at a random moment within TIME, as in 5m.")]
RunDeadline = Annotated[
    str | None,
    typer.Option(
        "--run-deadline", metavar="TIME", help="End the whole run after TIME; what is not known then is unknown."
    ),
]
Ping = Annotated[
    str | None,
    typer.Option(
        "--ping", metavar="URL", help="Dead-man URL to ask for after the run; /fail is added after a bad one."
    ),
]
Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify", metavar="NAME", help="Variable of the environment with Apprise URLs to notify; repeatable."
    ),
]
Retries = Annotated[
    str | None,
    typer.Option("--retries", metavar="N", help="A failure, and a recovery, counts only when it repeats N times."),
]
Push = Annotated[
    str | None,
    typer.Option("--push", metavar="URL", help="Send the results to this probe serve, as another place."),
]
Place = Annotated[str | None, typer.Option(metavar="NAME", help="What this place is called. Default: the host's name.")]
TokenFile = Annotated[
    str | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="The token of probe serve (there: tokens, or USER:HASH, one a line). Or PROBE_TOKEN, of the environment.",
    ),
]
