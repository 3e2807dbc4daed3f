"""English. Causes and remedies follow Microsoft's "Mail flow intelligence in EOP", in our own words."""

from __future__ import annotations

from connector_probe.wording.catalogue import Catalogue

ENGLISH = Catalogue("en")
