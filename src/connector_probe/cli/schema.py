"""``probe schema``: the JSON Schemas, as they are shipped."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from connector_probe.cli import completers
from connector_probe.cli.output import write_document
from connector_probe.cli.values import parse_choice


class Schema(StrEnum):
    REPORT = "report"
    CONFIG = "config"
    CERTIFICATE = "certificate"


_FILES = {
    Schema.REPORT: ("formats", "report.schema.json"),
    Schema.CONFIG: ("config", "probes.schema.json"),
    Schema.CERTIFICATE: ("formats", "certificate.schema.json"),
}


def schema(
    of: Annotated[
        str,
        typer.Argument(
            metavar="[report|config|certificate]",
            help="Of the report, of probes.yaml, of probe certificate.",
            autocompletion=completers.schema,
        ),
    ] = "report",
) -> None:
    """Print the JSON Schema of the report, of probe certificate, or of probes.yaml for editors.

    \b
      probe schema > report.schema.json
      probe schema config > probes.schema.json

    An editor goes by it where probes.yaml begins with: # yaml-language-server: $schema=probes.schema.json
    """
    from importlib.resources import files

    folder, name = _FILES[parse_choice("schema", of, Schema)]
    write_document(files("connector_probe").joinpath(folder, name).read_text(encoding="utf-8"))
