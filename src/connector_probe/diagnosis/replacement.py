"""A new certificate held against the one that a server shows now: what changes when it takes its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector_probe.diagnosis.verdict import Said
from connector_probe.model.evidence import AttemptEvidence, Certificate
from connector_probe.model.notation import MAX_NAMES, day
from connector_probe.model.sentence import some


def shown_by(attempts: Sequence[AttemptEvidence]) -> tuple[Certificate, ...]:
    """The servers' own certificates, each once."""
    chains = (attempt.certificate.chain for attempt in attempts if attempt.certificate is not None)
    return tuple({chain[0].sha256: chain[0] for chain in chains if chain}.values())


def changes(new: Certificate, old: Certificate) -> Iterator[Said]:
    """What differs. Nothing where it is the same certificate."""
    if new.sha256 == old.sha256:
        return
    yield Said("change-key-same" if new.spki_sha256 == old.spki_sha256 else "change-key-new")
    had, has = ({name.lower(): name for name in one.names} for one in (old, new))
    if lost := [name for key, name in had.items() if key not in has]:
        yield Said("change-names-lost", {"names": some(lost, MAX_NAMES)})
    if gained := [name for key, name in has.items() if key not in had]:
        yield Said("change-names-gained", {"names": some(gained, MAX_NAMES)})
    if new.issuer != old.issuer:
        yield Said("change-issuer", {"leaf_issuer": old.issuer, "issuers": new.issuer})
    same_name = (new.issuer, new.subject) == (old.issuer, old.subject)
    yield Said("change-tls-name-same" if same_name else "change-tls-name-new")
    if new.not_after is not None and old.not_after is not None and new.not_after <= old.not_after:
        yield Said("change-ends-earlier", {"not_after": day(new.not_after), "until": day(old.not_after)})
