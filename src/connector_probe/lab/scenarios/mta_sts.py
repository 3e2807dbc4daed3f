"""MTA-STS: policies that are met, that are broken, and that cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Unpack

from connector_probe.lab import behaviours as lab
from connector_probe.lab import certificates
from connector_probe.lab.answers import TTL, Answerer, Records, addresses, cached, exchanges
from connector_probe.lab.authority import CertificateMaker
from connector_probe.lab.scenario import (
    LOOPBACK,
    Listens,
    More,
    Options,
    Scenario,
    Server,
    failing,
    healthy,
    host_of,
    warning,
)
from connector_probe.lab.scenarios.authorities import FIRST, SECOND, delegation
from connector_probe.lab.session import session
from connector_probe.lab.smtp import Behaviour, Visit
from connector_probe.lab.sockets import Need
from connector_probe.model.connector import TlsSettings
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

# By itself the connector would let mail flow: what stops it is the domain's policy alone.
BY_POLICY = Options(use_mx=True, tls=TlsSettings.OPPORTUNISTIC)
HERE = addresses(LOOPBACK)
MAX_AGE = 604_800  # seconds, a week; RFC 8461 3.2 wants weeks
_CONFIRMED, _SUPPORTED, _POSSIBLE, _OUT = (
    CauseVerdict.CONFIRMED,
    CauseVerdict.SUPPORTED,
    CauseVerdict.POSSIBLE,
    CauseVerdict.RULED_OUT,
)


def policy_text(mode: str, *patterns: str) -> str:
    """A policy file (RFC 8461 3.2)."""
    listed = "".join(f"mx: {pattern}\r\n" for pattern in patterns)
    return f"version: STSv1\r\nmode: {mode}\r\n{listed}max_age: {MAX_AGE}\r\n"


def publishes(text: str) -> Behaviour:
    """``text`` as the policy, to whoever asks for whatever."""
    body = text.encode("ascii")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    async def answer(visit: Visit) -> None:
        await visit.secure()
        while await visit.command() != "":
            pass
        await visit.send(head.encode("ascii") + body)

    return answer


def _mail(name: str) -> str:
    return f"mail.{host_of(name)}"


def announced(name: str, mx: Answerer | None = None) -> dict[str, Answerer]:
    """A domain with one MX host that announces a policy; ``mx`` in place of its MX records."""
    return {
        host_of(name): mx or exchanges((10, f"{_mail(name)}.")),
        _mail(name): HERE,
        f"_mta-sts.{host_of(name)}": Records((("TXT", ('"v=STSv1; id=20261124T0900;"',)),)),
        f"mta-sts.{host_of(name)}": HERE,
    }


def _by_the_domain(name: str) -> dict[str, dict[str, Answerer]]:
    """What the domain's own name servers say."""
    return {address: {host_of(name): exchanges((10, f"{_mail(name)}."))} for address in (FIRST, SECOND)}


def policy_host(name: str, text: str = "", certificate: CertificateMaker = certificates.good) -> Server:
    """The web server of the policy, by default one that is enforced and lists the domain's MX host."""
    text = text or policy_text("enforce", _mail(name))
    return Server(name=f"mta-sts.{host_of(name)}", behaviour=publishes(text), certificate=certificate)


def _sts(
    kind: Callable[..., Scenario],
    name: str,
    summary: str,
    *failure: F,
    text: str = "",
    certificate: CertificateMaker = certificates.good,
    behaviour: Behaviour = session,
    **more: Unpack[More],
) -> Scenario:
    """A domain with one MX host and a policy (see ``policy_host``)."""
    domain: More = {
        "options": BY_POLICY,
        "servers": (Server(name=_mail(name), certificate=certificate, behaviour=behaviour),),
        "answers": announced(name),
        "policy": policy_host(name, text),
    }
    return kind(name, summary, *failure, **{**domain, **more})


def _led_elsewhere(name: str, summary: str, ttl: int, expect_causes: Mapping[str, CauseVerdict]) -> Scenario:
    """The nameserver's MX record leads to another host than those of the domain's own name servers."""
    other = f"relay.{host_of(name)}"
    led = announced(name) | delegation(name, cached(exchanges((10, f"{other}."), ttl=ttl)), FIRST, SECOND)
    return _sts(
        failing,
        name,
        summary,
        F.MTA_STS_MX_NOT_LISTED,
        needs=(Need.LOOPBACK_NET,),
        servers=(Server(name=other),),
        answers=led | {other: HERE},
        authorities=_by_the_domain(name),
        expect_causes=expect_causes,
    )


MTA_STS: tuple[Scenario, ...] = (
    _sts(healthy, "mta-sts", "an MTA-STS policy that is enforced, and met"),
    _sts(
        failing,
        "mta-sts-mx-not-listed",
        "the MTA-STS policy lists an old mail server, not the MX host",
        F.MTA_STS_MX_NOT_LISTED,
        text=policy_text("enforce", "old.lab.test"),
        needs=(Need.LOOPBACK_NET,),
        answers=announced("mta-sts-mx-not-listed")
        | delegation(
            "mta-sts-mx-not-listed", cached(exchanges((10, f"{_mail('mta-sts-mx-not-listed')}."))), FIRST, SECOND
        ),
        authorities=_by_the_domain("mta-sts-mx-not-listed"),
        expect_causes={"sts-policy-outdated": _SUPPORTED, "sts-mx-redirected": _POSSIBLE, "stale-dns-cache": _OUT},
    ),
    _sts(
        failing,
        "mta-sts-star-too-shallow",
        "the pattern in the MTA-STS policy reaches one label, and the MX host lies two below",
        F.MTA_STS_MX_NOT_LISTED,
        text=policy_text("enforce", "*.lab.test"),
        expect_causes={"sts-pattern-too-shallow": _CONFIRMED},
    ),
    _led_elsewhere(
        "mta-sts-mx-redirected",
        "the nameserver gives an MX that the domain's own servers and its MTA-STS policy do not know",
        10 * TTL,
        {"sts-mx-redirected": _SUPPORTED, "sts-policy-outdated": _OUT, "stale-dns-cache": _POSSIBLE},
    ),
    _led_elsewhere(
        "mta-sts-mx-cached",
        "the nameserver keeps the MX from before a move; the MTA-STS policy lists the new one",
        TTL // 2,
        {"stale-dns-cache": _SUPPORTED, "sts-mx-redirected": _SUPPORTED, "sts-policy-outdated": _OUT},
    ),
    _sts(
        failing,
        "mta-sts-no-starttls",
        "the MTA-STS policy is enforced, and the server offers no STARTTLS",
        F.MTA_STS_TLS_REQUIRED,
        behaviour=lab.no_starttls,
        expect_causes={"sts-without-starttls": _CONFIRMED},
    ),
    _sts(
        failing,
        "mta-sts-certificate",
        "the MTA-STS policy is enforced, and the server's certificate has expired",
        F.MTA_STS_CERTIFICATE,
        certificate=certificates.expired,
        expect_problems=(Kind.EXPIRED,),
        expect_causes={"sts-certificate-invalid": _CONFIRMED, "sts-mx-redirected": _OUT},
    ),
    _sts(
        warning,
        "mta-sts-testing",
        "an MTA-STS policy in mode testing that does not list the MX host",
        text=policy_text("testing", "old.lab.test"),
    ),
    _sts(
        warning,
        "mta-sts-unreachable",
        "an MTA-STS policy is announced, and its web server refuses connections",
        policy=Server(listens=Listens.REFUSES),
    ),
    _sts(
        warning,
        "mta-sts-invalid",
        "an MTA-STS policy without a mode",
        text="version: STSv1\r\nmx: *.lab.test\r\nmax_age: 604800\r\n",
    ),
    _sts(
        warning,
        "mta-sts-wrong-certificate",
        "an MTA-STS policy on a web server whose certificate has another name",
        policy=policy_host("mta-sts-wrong-certificate", certificate=certificates.other_name),
    ),
)
