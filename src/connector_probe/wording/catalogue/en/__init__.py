"""English. Causes and remedies follow Microsoft's "Mail flow intelligence in EOP", in our own words."""

from __future__ import annotations

from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import local_clock, policies
from connector_probe.wording.catalogue.en.causes import CAUSES, EVIDENCE
from connector_probe.wording.catalogue.en.chain import CHAIN
from connector_probe.wording.catalogue.en.classes import DETAILS, TITLES
from connector_probe.wording.catalogue.en.clock import CLOCK
from connector_probe.wording.catalogue.en.compare import COMPARE
from connector_probe.wording.catalogue.en.delegation import DELEGATION, SERVERS, WALKS
from connector_probe.wording.catalogue.en.explain import EXPLAIN
from connector_probe.wording.catalogue.en.facts import FACTS
from connector_probe.wording.catalogue.en.headings import HEADINGS
from connector_probe.wording.catalogue.en.history import HISTORY
from connector_probe.wording.catalogue.en.notice import NOTICE
from connector_probe.wording.catalogue.en.rehearsal import REHEARSAL
from connector_probe.wording.catalogue.en.remedies import REMEDIES
from connector_probe.wording.catalogue.en.serve import SERVE
from connector_probe.wording.catalogue.en.text import TEXT
from connector_probe.wording.catalogue.en.warnings import ALSO_SEEN, NOTES, WARNINGS

ENGLISH = Catalogue(
    language="en",
    titles=TITLES | policies.TITLES,
    details=DETAILS | policies.DETAILS,
    headings=HEADINGS,
    causes=CAUSES | policies.CAUSES,
    remedies=REMEDIES | policies.REMEDIES,
    evidence=EVIDENCE | DELEGATION | local_clock.EVIDENCE | policies.EVIDENCE,
    warnings=WARNINGS | local_clock.WARNINGS | policies.WARNINGS,
    also_seen=ALSO_SEEN | policies.ALSO_SEEN,
    notes=NOTES | local_clock.NOTES,
    text=TEXT | WALKS | policies.TEXT,
    explain=EXPLAIN,
    clock=CLOCK,
    facts=FACTS | CHAIN | SERVERS | local_clock.LOCAL_CLOCK | policies.FACTS | REHEARSAL,
    history=HISTORY,
    compare=COMPARE,
    notice=NOTICE,
    serve=SERVE,
)
