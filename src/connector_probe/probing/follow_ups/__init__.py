"""Follow-up looks: what is asked, or tried once more, behind a conversation.

Each of them decides by the evidence whether there is something to look at, and adds what it found. None of them changes
what the conversation itself showed.
"""

from __future__ import annotations

from connector_probe.probing.follow_ups.control_hosts import TryControlHosts
from connector_probe.probing.follow_ups.other_handshakes import TryOtherHandshakes
from connector_probe.probing.follow_ups.revocation import CheckRevocation
from connector_probe.probing.follow_ups.wider_offer import TryWiderOffer
from connector_probe.probing.run import FollowUp

# In their order: what a later one looks at, an earlier one may have found.
FOLLOW_UPS: tuple[type[FollowUp], ...] = (TryWiderOffer, CheckRevocation, TryControlHosts, TryOtherHandshakes)
