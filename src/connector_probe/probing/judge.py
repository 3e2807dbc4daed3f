"""What probing has to ask of those who conclude from evidence; it concludes nothing itself."""

from __future__ import annotations

from collections.abc import Callable

from connector_probe.model.connector import Connector
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import AttemptEvidence, Resolution
from connector_probe.model.verdict import FailureClass


@dataclass(frozen=True, slots=True)
class Judge:
    """Pure functions of an attempt's evidence under its connector; of module level, so that they can be pickled.

    ``failure_of``: the failure class, None where mail would flow: it decides about retries and second looks.
    ``unsettled_domain``: the registered domain of which DNS leaves open whether it has expired.
    ``denied_name``: the name that our nameserver resolves although its zone's own servers deny it.
    ``public_addresses``: those that the public gets where our nameserver has a zone of its own that says otherwise.
    ``load``: loads what the others need, in a thread or before a fork.
    """

    failure_of: Callable[[AttemptEvidence, Connector], FailureClass | None]
    unsettled_domain: Callable[[AttemptEvidence], str | None]
    denied_name: Callable[[AttemptEvidence, Connector], str | None]
    public_addresses: Callable[[Resolution], tuple[str, ...]]
    load: Callable[[], None]
