"""What MX records give cause to say: of smart hosts that have some, and of a null MX beside others.

Microsoft documents that a smart host is a server, an MX name or an A name (Set-OutboundConnector), and that it needs a
valid MX or an A record (validation of connectors). Which of the two Exchange Online asks for first is not documented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connector_probe.diagnosis.verdict import Said
from connector_probe.model.connector import SMTP_PORT, Connector, ConnectorType, TlsSettings
from connector_probe.model.ids import WarningId
from connector_probe.model.notation import MAX_NAMES, pasteable, quote
from connector_probe.model.sentence import Facts, Phrase
from connector_probe.protocol.microsoft import is_exchange_online

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import AttemptEvidence, Lookup, MxBeside


def smart_hosts_with_mx(connector: Connector, views: Sequence[View]) -> Iterator[Said]:
    """One warning for each smart host that was probed by its MX records, or that has some that lead elsewhere."""
    attempts = [view.evidence for view in views]
    probed = {
        (address, one.port) for one in attempts for address in (*one.resolution.addresses, *one.resolution.excluded)
    }
    for view, one in zip(views, attempts, strict=True):
        resolution, beside = one.resolution, one.resolution.mx_beside
        if resolution.smart_host and resolution.preference is not None:
            facts = Facts(
                smart_host=resolution.smart_host,
                mx_records=_records(resolution.mx_lookup),
                command=_command(connector, one, resolution.smart_host, resolution.mx_lookup),
            )
            if not view.name_given or (connector.tls_domain is None and view.expected == one.server):  # see ``view_of``
                facts["mx_name_hint"] = Phrase("mx-name-hint", {"names": _names(view)})
            yield Said(WarningId.SMART_HOST_BY_MX, facts)
        elsewhere = _elsewhere(beside, one.port, probed) if beside is not None else {}
        if beside is not None and elsewhere:
            loops = connector.type is ConnectorType.ON_PREMISES and any(map(is_exchange_online, elsewhere))
            facts = Facts(
                smart_host=one.server,
                elsewhere=quote(", ".join(f"{host} [{', '.join(found)}]" for host, found in elsewhere.items())),
                mx_loop=Phrase("mx-loop") if loops else "",
                command=_command(connector, one, one.server, beside.lookup),
            )
            yield Said(WarningId.SMART_HOST_MX_ELSEWHERE, facts)


def _names(view: View) -> str:
    """What TlsDomain could be."""
    certificate = view.evidence.certificate
    if view.name_given or certificate is None:
        return view.expected
    return quote(", ".join(certificate.chain[0].names[:MAX_NAMES]) or "?")


def _records(lookup: Lookup | None) -> str:
    return quote(", ".join(lookup.records[:MAX_NAMES])) if lookup is not None else ""


def _elsewhere(beside: MxBeside, port: int, probed: set[tuple[str, int]]) -> dict[str, list[str]]:
    """The hosts of the MX records with those of their addresses that the probe did not go to."""
    found: dict[str, list[str]] = {}
    for lookup in beside.hosts:
        others = [address for address in lookup.records if (address, port) not in probed]
        if others:
            found.setdefault(lookup.name, []).extend(others)
    return found


def _command(connector: Connector, attempt: AttemptEvidence, domain: str, lookup: Lookup | None) -> str:
    """What probes the hosts of the MX records as this connector was probed, as far as a report tells."""
    import shlex  # late: few smart hosts have any

    name = pasteable(domain)
    words = ["probe", "--mx", name if attempt.port == SMTP_PORT else f"{name}:{attempt.port}"]
    if connector.tls_settings is not TlsSettings.DOMAIN_VALIDATION:
        words += ["--tls", str(connector.tls_settings)]
    elif connector.tls_domain not in (None, domain):  # the smart host's name is only what it is by default
        words += ["--tls-domain", str(connector.tls_domain)]
    if attempt.resolution.nameservers_given and lookup is not None and lookup.nameserver is not None:
        words += ["--nameserver", lookup.nameserver.removesuffix("#53")]
    return shlex.join(words)


def null_mx_beside_others(attempts: Sequence[AttemptEvidence]) -> Iterator[Said]:
    """One warning for each domain; RFC 7505 3 forbids it. A null MX alone is a failure class of its own."""
    told = set()
    for attempt in attempts:
        domain, records = attempt.resolution.mx_domain, attempt.resolution.mx or ()
        others = [f"{record.preference} {record.exchange}" for record in records if record.exchange]
        if domain is None or domain in told or not others or len(others) == len(records):
            continue
        told.add(domain)
        facts = Facts(domain=domain, mx_records=quote(", ".join(others[:MAX_NAMES])))
        yield Said(WarningId.MX_NULL_BESIDE, facts)
