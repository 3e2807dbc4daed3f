"""MTA-STS: policies that are met, that are broken, and that cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Unpack

from connector_probe.lab import behaviours as lab
from connector_probe.lab import certificates
from connector_probe.lab.answers import TTL, Answerer, Records, cached, exchanges
from connector_probe.lab.authority import CertificateMaker
from connector_probe.lab.scenario import HERE, Listens, More, Scenario, Server, failing, healthy, warning
from connector_probe.lab.scenarios.authorities import both, delegation
from connector_probe.lab.session import session
from connector_probe.lab.smtp import Behaviour, Visit
from connector_probe.model.connector import TlsSettings
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

MAX_AGE = 604_800  # seconds, a week; RFC 8461 3.2 wants weeks
_CONFIRMED, _SUPPORTED, _POSSIBLE, _OUT = (
    CauseVerdict.CONFIRMED,
    CauseVerdict.SUPPORTED,
    CauseVerdict.POSSIBLE,
    CauseVerdict.RULED_OUT,
)
_MX = exchanges((10, "mail"))
ANNOUNCED: Mapping[str, Answerer] = {  # a domain with one MX host that announces a policy
    "@": _MX,
    "mail": HERE,
    "_mta-sts": Records((("TXT", ('"v=STSv1; id=20261124T0900;"',)),)),
    "mta-sts": HERE,
}


def policy_text(mode: str, *patterns: str) -> str:
    """A policy file (RFC 8461 3.2)."""
    listed = "".join(f"mx: {pattern}\r\n" for pattern in patterns)
    return f"version: STSv1\r\nmode: {mode}\r\n{listed}max_age: {MAX_AGE}\r\n"


def publishes(text: str) -> Behaviour:
    """``text`` as the policy, to whoever asks for whatever; "{domain}" in it is the policy's domain."""

    async def answer(visit: Visit) -> None:
        await visit.secure()
        while await visit.command() != "":
            pass
        body = text.replace("{domain}", visit.host.removeprefix("mta-sts.")).encode("ascii")
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        await visit.send(head.encode("ascii") + body)

    return answer


def policy_host(
    text: str = policy_text("enforce", "mail.{domain}"), certificate: CertificateMaker = certificates.good
) -> Server:
    """The web server of the policy, by default one that is enforced and lists the domain's MX host."""
    return Server(host="mta-sts", behaviour=publishes(text), certificate=certificate)


def _sts(
    kind: Callable[..., Scenario],
    name: str,
    summary: str,
    *failure: F,
    behaviour: Behaviour = session,
    **more: Unpack[More],
) -> Scenario:
    """A domain with one MX host and a policy. By itself the connector would let mail flow: only the policy stops it."""
    usual: More = {"use_mx": True, "tls": TlsSettings.OPPORTUNISTIC, "host": "mail", "answers": ANNOUNCED}
    return kind(name, summary, *failure, behaviour, **{**usual, "policy": policy_host(), **more})


def _led_elsewhere(name: str, summary: str, ttl: int, expect_causes: Mapping[str, CauseVerdict]) -> Scenario:
    """The nameserver's MX record leads to another host than those of the domain's own name servers."""
    led = delegation(cached(exchanges((10, "relay"), ttl=ttl)))
    return _sts(
        failing,
        name,
        summary,
        F.MTA_STS_MX_NOT_LISTED,
        host="relay",
        answers={**ANNOUNCED, **led, "relay": HERE},
        authorities=both(_MX),
        expect_causes=expect_causes,
    )


MTA_STS: tuple[Scenario, ...] = (
    _sts(healthy, "mta-sts", "an MTA-STS policy that is enforced, and met"),
    _sts(
        failing,
        "mta-sts-mx-not-listed",
        "the MTA-STS policy lists an old mail server, not the MX host",
        F.MTA_STS_MX_NOT_LISTED,
        policy=policy_host(policy_text("enforce", "old.lab.test")),
        answers={**ANNOUNCED, **delegation(cached(_MX))},
        authorities=both(_MX),
        expect_causes={"sts-policy-outdated": _SUPPORTED, "sts-mx-redirected": _POSSIBLE, "stale-dns-cache": _OUT},
    ),
    _sts(
        failing,
        "mta-sts-star-too-shallow",
        "the pattern in the MTA-STS policy reaches one label, and the MX host lies two below",
        F.MTA_STS_MX_NOT_LISTED,
        policy=policy_host(policy_text("enforce", "*.lab.test")),
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
        policy=policy_host(policy_text("testing", "old.lab.test")),
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
        policy=policy_host("version: STSv1\r\nmx: *.lab.test\r\nmax_age: 604800\r\n"),
    ),
    _sts(
        warning,
        "mta-sts-wrong-certificate",
        "an MTA-STS policy on a web server whose certificate has another name",
        policy=policy_host(certificate=certificates.other_name),
    ),
)
