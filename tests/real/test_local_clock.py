"""Probing with a clock that is wrong: a process of its own under libfaketime, servers and certificates of today."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import certifi
import pytest
import pytest_asyncio

from connector_probe.formats.saved import diagnose_again, read_report
from connector_probe.lab import Lab
from connector_probe.wording.catalogue.en import ENGLISH
from tests.real.authority import Authority
from tests.real.mailbox import mailbox, tls_context
from tests.real.nameservers import Knot
from tests.real.parts import free_ports, require
from tests.real.test_mta_sts import ZONES, website
from tests.real.verdicts import Ended, command_line, first_said

NAMES = (
    "healthy",
    "certificate-expired",
    "certificate-issuer-elsewhere",
    "revocation-stapled-good",
    "revocation-ocsp-good",
)
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab() -> AsyncIterator[Lab]:
    async with Lab.start(NAMES) as lab:
        yield lab


@pytest.fixture(scope="module")
def bundle(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The roots of a root program, and the laboratory's among them."""
    (name,) = {lab.connector(one).ca_file for one in NAMES}
    assert name is not None
    path = tmp_path_factory.mktemp("roots") / "bundle.pem"
    path.write_bytes(Path(certifi.where()).read_bytes() + Path(name).read_bytes())
    return path


async def probed(lab: Lab, bundle: Path, shift: str, *names: str, more: tuple[str, ...] = ()) -> Ended:
    """``shift`` as faketime takes it: +20y, -3y."""
    connectors = [lab.connector(name) for name in names]
    hosts = [f"{connector.smart_hosts[0]}:{connector.port}" for connector in connectors]
    return await at(shift, bundle, *hosts, "--nameserver", connectors[0].nameservers[0], *more)


async def at(shift: str, bundle: Path, *arguments: str) -> Ended:
    faketime = require("faketime", "faketime")
    inside = ("env", f"SSL_CERT_FILE={bundle}", faketime, "--exclude-monotonic", "-f", shift)
    return await asyncio.to_thread(command_line, *arguments, "--no-control", "--roots", "system", inside=inside)


def told(ended: Ended) -> list[tuple[str, str, str]]:
    """Status, class, detail; and the saved report is diagnosed the same again, by a clock that is right."""
    report = read_report(json.dumps(ended.document))
    again = [one.diagnosis.detail for one in diagnose_again(report, ENGLISH).results if one.diagnosis is not None]
    diagnoses = [(one["status"], one["diagnosis"]) for one in ended.document["results"]]
    found = [(status, one["class"], one["detail"]) for status, one in diagnoses]
    for one in (one for _, one in diagnoses if one["class"] == "local-clock"):
        heading = "This machine's clock is not plausible"
        assert first_said(one) == ("this-machine", "local-clock", heading, "set-clock")
    assert again == [detail for _, _, detail in found]
    return found


async def test_a_clock_that_is_far_ahead(lab: Lab, bundle: Path) -> None:
    """Of what was over before, there is no doubt."""
    ended = await probed(lab, bundle, "+25y", "healthy", "certificate-expired")
    (status, class_, detail), (_, expired, _) = told(ended)
    assert (status, class_) == ("unknown", "local-clock")
    assert "trusted roots have expired" in detail
    assert (ended.exit_code, expired) == (1, "certificate-expired")


async def test_a_clock_that_is_behind(lab: Lab, bundle: Path) -> None:
    ended = await probed(lab, bundle, "-3y", "healthy", "revocation-stapled-good")
    assert ended.exit_code == 3
    for status, class_, detail in told(ended):
        assert (status, class_) == ("unknown", "local-clock")
        assert "which is before this program was made" in detail
    assert "the OCSP response that the server sends along was made on" in detail


async def test_before_a_date_convicts_somebody_is_asked_for_the_time(lab: Lab, bundle: Path) -> None:
    """Whether a certificate that is over was revoked is nobody's question; its OCSP responder tells the time."""
    ended = await probed(lab, bundle, "+1y", "revocation-ocsp-good")
    ((status, class_, detail),) = told(ended)
    assert (ended.exit_code, status, class_) == (3, "unknown", "local-clock")
    assert "the web server pki.lab.test" in detail


async def test_the_user_s_own_day_is_judged(lab: Lab, bundle: Path) -> None:
    """Whatever this machine's clock says."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    ended = await probed(lab, bundle, "+25y", "healthy", more=("--as-of", today))
    assert (ended.exit_code, ended.document["results"][0]["status"]) == (0, "healthy")


async def test_what_does_not_hang_on_the_clock_stands(lab: Lab, bundle: Path) -> None:
    """Where the missing issuer was looked for, a web server told the time."""
    began = datetime.now(UTC)
    ended = await probed(lab, bundle, "+2y", "certificate-issuer-elsewhere")
    ((status, class_, detail),) = told(ended)
    assert (ended.exit_code, status, class_) == (1, "failing", "certificate-missing-intermediate")
    assert any(f"the web server pki.lab.test {day:%Y-%m-%d}" in detail for day in (began, datetime.now(UTC)))


async def test_the_policy_s_web_server_tells_the_time(authority: Authority, tmp_path: Path) -> None:
    """By our clock its certificate is over as well: the policy is not taken from it, the time is."""
    port = free_ports(1)[0]
    knot = Knot(tmp_path, ZONES, port)
    head = f"HTTP/1.1 200 OK\r\nDate: {format_datetime(datetime.now(UTC), usegmt=True)}\r\nContent-Length: 0\r\n\r\n"
    host = authority.for_host("mta-sts.contoso.test")
    try:
        async with website(host, head.encode()) as web, mailbox(tls_context(authority.good())) as smtp:
            ended = await at(
                "+2y", authority.root_file, "--mx", "contoso.test", "--nameserver", f"127.0.0.1#{port}",
                "--port", str(smtp), "--mta-sts-port", str(web), "--dane", "none",
            )  # fmt: skip
    finally:
        knot.stop()
    ((status, class_, detail),) = told(ended)
    assert (ended.exit_code, status, class_) == (3, "unknown", "local-clock")
    assert "the web server mta-sts.contoso.test" in detail
    (result,) = ended.document["results"]
    assert result["evidence"]["attempts"][0]["policy"]["mta_sts"]["problem"] == "certificate-invalid"


async def test_a_clock_before_this_program_was_made_keeps_nothing(lab: Lab, bundle: Path, tmp_path: Path) -> None:
    """What would be recorded by it, `probe history` would tell for good."""
    history = tmp_path / "h.sqlite3"
    ended = await probed(lab, bundle, "-400d", "healthy", more=("--tls", "opportunistic", "--history", str(history)))
    assert "nothing is kept in the history" in ended.said
    assert not history.exists()
