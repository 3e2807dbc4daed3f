"""The registry: every scenario of the lab, in the order of the wire, as ``scenarios.yaml`` has them.

What a row names is a function of ``session`` or ``behaviours`` (what a server does), of ``answers`` (DNS), or of
``certificates`` or ``revocation`` (what is shown). A row that says what nobody understands raises when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from importlib import resources
from types import ModuleType
from typing import Any, TypeVar

import yaml

from connector_probe.lab import answers as dns
from connector_probe.lab import behaviours, certificates, revocation, session
from connector_probe.lab.authority import TlsShape
from connector_probe.lab.scenario import Listens, Nameservers, Options, Scenario, Server, code_of
from connector_probe.lab.signing import Signing, signed, tlsa
from connector_probe.lab.smtp import Behaviour
from connector_probe.lab.sockets import LOOPBACK
from connector_probe.model.connector import AddressFamily, SmtpDaneMode, TlsSettings
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.verdict import CauseVerdict, FailureClass, Status

_Row = dict[str, Any]
_Part = TypeVar("_Part", Server, Options)
_KINDS = {
    "family": AddressFamily,
    "listens": Listens,
    "nameservers": Nameservers,
    "smtp_dane_mode": SmtpDaneMode,
    "tls": TlsSettings,
}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HERE = dns.addresses(LOOPBACK)


def _scenario(name: str, row: _Row) -> Scenario:
    row = dict(row)
    status = next(one for one in Status if one in row)
    summary = row.pop(status)
    problems = tuple(map(CertificateProblemKind, row.pop("problems", ())))
    failure = FailureClass(row.pop("class")) if "class" in row else None
    if failure is None and status is Status.FAILING:
        failure = FailureClass.of_certificate(problems[0])
    authorities = {address: _names(said) for address, said in row.pop("authorities", {}).items()}
    found = Scenario(
        name=name,
        summary=summary,
        expect_status=status,
        expect_class=failure,
        expect_code=code_of(failure) if status is Status.FAILING and failure is not None else None,
        expect_problems=problems,
        expect_causes={cause: CauseVerdict(verdict) for cause, verdict in row.pop("causes", {}).items()},
        waits=row.pop("waits", failure is not None and failure.endswith("-timeout")),
        options=_made(Options, row),
        policy=_server({"host": "mta-sts", **row.pop("policy")}) if "policy" in row else None,
        authorities=authorities,
        answers=_answers(row, tuple(authorities)),
        servers=tuple(map(_server, row.pop("servers"))) if "servers" in row else (_server(row, whole=False),),
    )
    _refuse(row)
    return found


def _refuse(row: _Row) -> None:
    if row:
        raise ValueError(f"not known: {', '.join(row)}")


def _made(kind: type[_Part], row: _Row) -> _Part:
    """A ``kind`` made of those keys of ``row`` that are its fields, which are taken out."""
    given: _Row = {one.name: row.pop(one.name) for one in fields(kind) if one.name in row}
    given.update((key, _KINDS[key](value)) for key, value in given.items() if key in _KINDS)
    return kind(**given)


def _function(name: str, *modules: ModuleType) -> Any:  # noqa: ANN401 - whatever it makes
    known: dict[str, Any] = {key: made for one in reversed(modules) for key, made in vars(one).items()}
    return known[name.replace("-", "_")]


# --- servers -----------------------------------------------------------------------------------------------------


def _server(row: _Row, *, whole: bool = True) -> Server:
    """``whole``: nothing else stands in ``row``."""
    row = dict(row) if whole else row
    for key in ("certificate", "second"):
        if key in row:
            row[key] = _function(row[key], certificates, revocation)
    if "tls_shape" in row:
        shape: _Row = {
            key: tuple(given) if isinstance(given, list) else given for key, given in row["tls_shape"].items()
        }
        row["tls_shape"] = TlsShape(**shape)
    plain, inside = _by_verb(row), _by_verb(row.pop("inside", {}))
    if "banner" in row or plain or inside:
        banner = _step(row.pop("banner")) if "banner" in row else None
        row["behaviour"] = session.speaks(banner, inside=inside, **plain)
    elif "publishes" in row:
        row["behaviour"] = behaviours.publishes(row.pop("publishes"))
    elif "behaviour" in row:
        row["behaviour"] = _function(row["behaviour"], behaviours)
    server = _made(Server, row)
    if whole:
        _refuse(row)
    return server


def _by_verb(row: _Row) -> dict[str, Behaviour]:
    """The answers to single commands, which are taken out; "EHLO HELO" are two."""
    told = [(verbs, _step(row.pop(verbs))) for verbs in list(row) if verbs.isupper()]
    return {verb: answer for verbs, answer in told for verb in verbs.split()}


def _step(told: Any) -> Behaviour:  # noqa: ANN401 - as YAML has it
    """What a server does once: a function's name, a function with its arguments, a reply, or some of these in turn."""
    found: Behaviour
    if isinstance(told, list):
        found = session.in_turn(*map(_step, told))
    elif isinstance(told, dict):
        (name, given), *others = told.items()
        found = _function(name, session)(*(given if isinstance(given, list) else [given]), **dict(others))
    elif _NAME.fullmatch(told):
        found = _function(told, session, behaviours)
    else:
        found = session.says(*told.split("\n"))
    return found


# --- DNS ---------------------------------------------------------------------------------------------------------


def _answers(row: _Row, authorities: tuple[str, ...]) -> dict[str, dns.Answerer]:
    """What the nameserver says, by name; by default the host has the addresses of all servers."""
    found = _names(row.pop("answers", {}))
    how = row.pop("signed", None)
    if "delegated" in row:
        found |= dns.delegated(authorities, _answer(row.pop("delegated")))
    if "chain" in row:
        found |= dns.chain(row.pop("chain"), _HERE)
    return found if how is None else signed(found, Signing(**how))


def _names(said: Mapping[str, Any]) -> dict[str, dns.Answerer]:
    return {name: _answer(told) for name, told in said.items()}


def _answer(told: Any) -> dns.Answerer:  # noqa: ANN401 - as YAML has it
    """A function's name, a function around another answer, records by their types, or answers by types."""
    if isinstance(told, str):
        return _HERE if told == "here" else _function(told, dns)
    told = dict(told)
    if "else" in told:
        otherwise = _answer(told.pop("else"))
        return dns.by_type(_names(told), otherwise)
    kind, value = next(iter(told.items()))
    if kind == "tlsa":
        return tlsa(*((int(usage), purpose) for usage, _, purpose in (text.partition(" ") for text in value)))
    if kind.islower():
        return _function(kind, dns)(value if kind == "nxdomain-in" else _answer(value))  # type: ignore[no-any-return]
    ttl = told.pop("ttl", dns.TTL)
    return dns.Records({kind: texts if isinstance(texts, list) else [texts] for kind, texts in told.items()}, ttl)


def _read() -> tuple[Scenario, ...]:
    text = resources.files("connector_probe.lab").joinpath("scenarios.yaml").read_text(encoding="utf-8")
    rows = yaml.load(text, yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
    del rows["templates"]  # which others have taken
    found = []
    for name, row in rows.items():
        try:
            found.append(_scenario(name, row))
        except (LookupError, TypeError, ValueError, StopIteration) as problem:
            raise ValueError(f"scenarios.yaml: {name}: {problem!r}") from problem
    return tuple(found)


SCENARIOS: tuple[Scenario, ...] = _read()
