"""What was seen: facts of one probe, stage by stage, without any conclusion.

Every text in here that came from a server or a zone has passed through ``printable``. A ``NetworkFault`` stands
where a stage broke. Everything can be written as JSON and read back, and is enough to diagnose again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector_probe.model.evidence.attempt import *
    from connector_probe.model.evidence.clock import *
    from connector_probe.model.evidence.dns import *
    from connector_probe.model.evidence.faults import *
    from connector_probe.model.evidence.smtp import *
    from connector_probe.model.evidence.tls import *

_HOMES = ("faults", "tls", "dns", "smtp", "clock", "attempt")


def __getattr__(name: str) -> object:
    """What the modules define, from there when first asked for (PEP 562): who explains a bounce needs two names."""
    for home in _HOMES if not name.startswith("_") else ():
        module = import_module(f"{__name__}.{home}")
        if hasattr(module, name):
            return globals().setdefault(name, getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
