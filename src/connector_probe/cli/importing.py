"""``probe import``: an export of Get-OutboundConnector -> probes.yaml on standard output, notes on standard error."""

from __future__ import annotations

from typing import Annotated

import typer

ImportFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="Get-OutboundConnector's output: ConvertTo-Json, Export-Clixml, Export-Csv; - reads stdin."
    ),
]


def import_file(file: ImportFile) -> None:
    """Make a probes.yaml of Exchange Online's connectors.

    \b
      Get-OutboundConnector | ConvertTo-Json -Depth 5 > connectors.json
      probe import connectors.json > probes.yaml
    """
    from connector_probe.cli.output import say, write_document
    from connector_probe.cli.values import UsageProblemError
    from connector_probe.config.exchange import convert
    from connector_probe.config.exchange_values import ExchangeImportError
    from connector_probe.model.names import show

    try:
        result = convert(_read(file))
    except OSError as error:
        raise UsageProblemError(
            f"{show(file) or repr(file)} cannot be read: {error.strerror or error}",
            "name the file that PowerShell wrote",
        ) from None
    except ExchangeImportError as problem:
        raise UsageProblemError(f"{show(file)}: {problem}", problem.hint) from None
    write_document(result.yaml)
    for note in result.notes:
        say(f"probe: note: {note}")


def _read(file: str) -> bytes:
    """The file's bytes, but no more than tell that it is too big. Raises OSError."""
    import sys
    from pathlib import Path

    from connector_probe.config.exchange_values import MAX_BYTES

    if file == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(file).open("rb") as stream:
        return stream.read(MAX_BYTES + 1)
