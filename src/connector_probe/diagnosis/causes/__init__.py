"""One row a cause: all there is to know of it but its words. Adding one: see ``row``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.diagnosis.causes import certificate, connect, dns, policy, smtp, this_machine, tls

if TYPE_CHECKING:
    from connector_probe.diagnosis.causes.row import Cause
    from connector_probe.model.ids import CauseId

# In this order where the evidence says as much for one as for the other.
CAUSES: dict[CauseId, Cause] = {
    row.id: row for room in (dns, connect, smtp, tls, certificate, policy, this_machine) for row in room.ROWS.rows
}
