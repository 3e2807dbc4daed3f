"""Simplified Chinese, in the terms of Microsoft's own zh-CN documentation. Codes, options and PowerShell stay as they are."""

from __future__ import annotations

from connector_probe.wording.catalogue import Catalogue

CHINESE = Catalogue("zh")
