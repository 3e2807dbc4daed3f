"""What two results have at the same server and address, side by side, for the rules of ``compare``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from connector_probe.comparing.comparison import Difference
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import AttemptEvidence, Certificate, CertificateEvidence
from connector_probe.model.notation import endpoint
from connector_probe.model.verdict import FLOWING, Attempt, Diagnosis, FailureClass, Finding, Result, Status
from connector_probe.protocol.smtp import capabilities
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import LenientFacts, fill


@dataclass(frozen=True)
class Pair:
    """The same connector in both reports; ``labels``: what sentences call these."""

    first: Result
    second: Result
    labels: tuple[str, str]
    words: Catalogue

    @property
    def results(self) -> tuple[Result, Result]:
        return self.first, self.second

    def says(
        self,
        identifier: str,
        matters: bool,
        facts: Mapping[str, str],
        shared: SharedAddress | None = None,
        *,
        server: str | None = None,
        told: Sequence[str | None] = (None, None),
    ) -> Difference:
        """A sentence of the catalogue, filled in. ``told``: what each report has there, in short."""
        first, second = told
        places = {"first_place": self.labels[0], "second_place": self.labels[1]}
        known = LenientFacts(first=first or "", second=second or "", **places)
        if shared is not None:
            known |= {"endpoint": shared.endpoint, "server": shared.server, "address": shared.address or shared.server}
        return Difference(
            id=identifier,
            text=fill(self.words.compare[identifier], LenientFacts(known | dict(facts))),
            matters=matters,
            server=shared.server if shared is not None else server,
            address=shared.address if shared is not None else None,
            first=first,
            second=second,
        )


@dataclass(frozen=True)
class AddressResult:
    """One address of one server in one report: every connection that was made to it. Never empty."""

    attempts: tuple[tuple[Attempt, AttemptEvidence], ...]
    result: Result

    @property
    def address(self) -> str | None:
        return self.attempts[0][0].address

    @property
    def connected(self) -> bool:
        """Whether TCP was established."""
        return any(one.connected for _, one in self.attempts)

    @property
    def flows(self) -> bool:
        return any(attempt.status in FLOWING for attempt, _ in self.attempts)

    @property
    def mixed(self) -> bool:
        """Whether some connections would take mail and others not."""
        return self.flows and any(attempt.status is Status.FAILING for attempt, _ in self.attempts)

    @property
    def unknown(self) -> bool:
        return not self.flows and any(attempt.status is Status.UNKNOWN for attempt, _ in self.attempts)

    @cached_property
    def diagnosis(self) -> Diagnosis | None:
        """Of the first connection that failed, or could not tell."""
        return next((attempt.diagnosis for attempt, _ in self.attempts if attempt.diagnosis is not None), None)

    @property
    def failure(self) -> FailureClass | None:
        return None if self.flows or self.diagnosis is None else self.diagnosis.class_

    @property
    def title(self) -> str:
        return self.diagnosis.heading if self.diagnosis is not None else ""

    @property
    def detail(self) -> str:
        return self.diagnosis.detail if self.diagnosis is not None else ""

    @property
    def failing(self) -> AttemptEvidence:
        """The evidence of that connection; of the first where none failed."""
        found = (evidence for attempt, evidence in self.attempts if attempt.diagnosis is not None)
        return next(found, self.attempts[0][1])

    @cached_property
    def views(self) -> tuple[View, ...]:
        connector = self.result.connector
        return tuple(
            View(evidence, connector.tls, connector.tls_domain or evidence.server) for _, evidence in self.attempts
        )

    @property
    def source(self) -> str:
        sources = (evidence.connection.source for _, evidence in self.attempts if evidence.connection is not None)
        return next((one for one in sources if one), "")

    @property
    def starttls(self) -> bool | None:
        """Whether it was offered; None where no EHLO was answered, or where connections differ."""
        offers = {view.offers_starttls for view in self.views if view.greeting and view.greeting.severity == 2}
        return offers.pop() if len(offers) == 1 else None

    @property
    def masked(self) -> bool:
        return any(view.greeting is not None and capabilities(view.greeting).masked_keywords for view in self.views)

    @cached_property
    def certificates(self) -> tuple[CertificateEvidence, ...]:
        """Those with a certificate that can be told apart."""
        shown = (evidence.certificate for _, evidence in self.attempts)
        return tuple(one for one in shown if one is not None and one.chain)

    @property
    def leaves(self) -> dict[str, Certificate]:
        """The servers' own certificates by SHA-256."""
        return {one.chain[0].sha256: one.chain[0] for one in self.certificates}

    @property
    def greetings(self) -> tuple[str, ...]:
        """The names by which the server calls itself (RFC 5321 4.2); masked ones are no names."""
        replies = (evidence.banner.reply for _, evidence in self.attempts if evidence.banner is not None)
        names = (one.lines[0].split(" ", 1)[0] for one in replies if one is not None and one.severity == 2)
        return tuple(dict.fromkeys(name.lower() for name in names if "." in name and "*" not in name))


@dataclass(frozen=True)
class SharedAddress:
    """An address that both reports have."""

    server: str
    address: str | None
    first: AddressResult
    second: AddressResult

    @property
    def sides(self) -> tuple[AddressResult, AddressResult]:
        return self.first, self.second

    @property
    def unknown(self) -> bool:
        """Whether one of the reports could not tell, so that nothing follows."""
        return self.first.unknown or self.second.unknown

    @property
    def endpoint(self) -> str:
        return endpoint(self.first.attempts[0][1])


def shared_addresses(pair: Pair) -> Iterator[SharedAddress]:
    """The addresses in common, in the first report's order."""
    first, second = by_address(pair.first), by_address(pair.second)
    for key, seen in first.items():
        if key in second:
            yield SharedAddress(*key[:2], seen, second[key])


def by_address(result: Result) -> dict[tuple[str, str | None, int], AddressResult]:
    """The connections of a result, by server, address and port; a server without addresses has one by itself."""
    found: dict[tuple[str, str | None, int], list[tuple[Attempt, AttemptEvidence]]] = {}
    for attempt, evidence in zip(result.attempts, result.evidence.attempts, strict=True):
        found.setdefault((attempt.server.lower(), attempt.address, attempt.port), []).append((attempt, evidence))
    return {key: AddressResult(tuple(attempts), result) for key, attempts in found.items()}


def addresses(result: Result) -> dict[str, tuple[str, ...]]:
    """What each server's name led to, with what -4 or -6 left out; no entry for one that is an address itself."""
    found: dict[str, tuple[str, ...]] = {}
    for evidence in result.evidence.attempts:
        resolution = evidence.resolution
        if resolution.lookups or not resolution.addresses:
            found[evidence.server.lower()] = (*resolution.addresses, *resolution.excluded)
    return found


# Warnings that speak of one address' failure, or of unequal servers: the addresses themselves are compared.
_TOLD_BY_ADDRESS = frozenset({"address-failing", "address-not-tested", "addresses-left-out"})


def warnings_of_its_own(result: Result) -> list[Finding]:
    return [one for one in result.warnings if one.id not in _TOLD_BY_ADDRESS]
