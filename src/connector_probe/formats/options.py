"""What a reader may ask of a format."""

from __future__ import annotations

from dataclasses import dataclass

from connector_probe.diagnosis.catalogue import Catalogue
from connector_probe.diagnosis.catalogue.en import ENGLISH


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """``verbosity``: -1 only what is wrong, 0 normal, 1 everything. ``modes``: say how other TlsSettings would do."""

    words: Catalogue = ENGLISH
    colour: bool = False
    width: int = 80
    verbosity: int = 0
    transcript: bool = False
    modes: bool = False
