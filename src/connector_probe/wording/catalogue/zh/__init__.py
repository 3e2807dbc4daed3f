"""Simplified Chinese, in the terms of Microsoft's own zh-CN documentation. Codes, options and PowerShell stay as they are."""

from __future__ import annotations

from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.zh import local_clock, policies
from connector_probe.wording.catalogue.zh.causes import CAUSES, EVIDENCE
from connector_probe.wording.catalogue.zh.chain import CHAIN
from connector_probe.wording.catalogue.zh.classes import DETAILS, TITLES
from connector_probe.wording.catalogue.zh.clock import CLOCK
from connector_probe.wording.catalogue.zh.compare import COMPARE
from connector_probe.wording.catalogue.zh.delegation import DELEGATION, SERVERS, WALKS
from connector_probe.wording.catalogue.zh.explain import EXPLAIN
from connector_probe.wording.catalogue.zh.facts import FACTS
from connector_probe.wording.catalogue.zh.headings import HEADINGS
from connector_probe.wording.catalogue.zh.history import HISTORY
from connector_probe.wording.catalogue.zh.notice import NOTICE
from connector_probe.wording.catalogue.zh.rehearsal import REHEARSAL
from connector_probe.wording.catalogue.zh.remedies import REMEDIES
from connector_probe.wording.catalogue.zh.serve import SERVE
from connector_probe.wording.catalogue.zh.text import TEXT
from connector_probe.wording.catalogue.zh.warnings import ALSO_SEEN, NOTES, WARNINGS

CHINESE = Catalogue(
    language="zh",
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
