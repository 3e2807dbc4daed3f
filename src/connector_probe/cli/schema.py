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


_FILES = {
    Schema.REPORT: ("formats", "report.schema.json"),
    Schema.CONFIG: ("config", "probes.schema.json"),
}


def schema(
    of: Annotated[
        str,
        typer.Argument(
            metavar="[report|config]", help="Of the report, or of probes.yaml.", autocompletion=completers.schema
        ),
    ] = "report",
) -> None:
    """Print the JSON Schema of the report, or of probes.yaml for editors.

    \b
      probe schema > report.schema.json
      probe schema config > probes.schema.json

    An editor goes by it where probes.yaml begins with: # yaml-language-server: $schema=probes.schema.json
    """
    from importlib.resources import files

    folder, name = _FILES[parse_choice("schema", of, Schema)]
    write_document(files("connector_probe").joinpath(folder, name).read_text(encoding="utf-8"))
