"""``probe import``: an export of Get-OutboundConnector -> probes.yaml on standard output, notes on standard error."""

from __future__ import annotations

import typer

from connector_probe.cli.inputs import name_of, read_input
from connector_probe.cli.output import say, write_document
from connector_probe.cli.values import UsageProblemError


def import_file(
    file: str = typer.Argument(
        ...,
        metavar="FILE",
        help="Get-OutboundConnector's output: ConvertTo-Json, Export-Clixml, Export-Csv; - reads stdin.",
    ),
) -> None:
    """Make a probes.yaml of Exchange Online's connectors.

    \b
      Get-OutboundConnector | ConvertTo-Json -Depth 5 > connectors.json
      probe import connectors.json > probes.yaml
    """
    from connector_probe.config.exchange import convert
    from connector_probe.config.exchange_values import MAX_BYTES, ExchangeImportError

    data = read_input(file, MAX_BYTES, "name the file that PowerShell wrote")
    try:
        result = convert(data)
    except ExchangeImportError as problem:
        raise UsageProblemError(f"{name_of(file)}: {problem}", problem.hint) from None
    write_document(result.yaml)
    for note in result.notes:
        say(f"probe: note: {note}")
