"""The options of a probe and of a run, declared once. The texts are what ``--help`` prints. Light to import.

A value is a text and a switch a bool: what a text says is read by ``cli.values``, whose errors name the option.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, TypeVar

import typer

from connector_probe.cli import completers
from connector_probe.model.dataclass import dataclass
from connector_probe.model.documents import Format

_Answer = TypeVar("_Answer")

# --- of several commands ------------------------------------------------------------------------------------------

Tls = Annotated[
    str | None,
    typer.Option(
        "--tls",
        metavar="MODE",
        help="TlsSettings: opportunistic, encryption-only, certificate-validation (addresses), "
        "domain-validation (names).",
        autocompletion=completers.tls,
    ),
]
Roots = Annotated[
    str,
    typer.Option(
        "--roots",
        metavar="LIST",
        help="Whose: microsoft, as Exchange Online, or system.",
        autocompletion=completers.roots,
    ),
]
CaFile = Annotated[str | None, typer.Option(metavar="PEM", help="Trust these roots too.")]
OnlyCaFile = Annotated[bool, typer.Option("--only-ca-file", help="Trust the roots of --ca-file alone.")]
Nameservers = Annotated[
    list[str] | None,
    typer.Option("--nameserver", metavar="ADDR[#PORT]", help="Ask this nameserver; repeatable. Default: the system's."),
]
NoControl = Annotated[bool, typer.Option("--no-control", help="Try no control host.")]
ConnectTimeout = Annotated[str, typer.Option(metavar="TIME", help="Longest wait for TCP (500ms, 10s, 5m).")]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="Longest wait for one reply.")]
Deadline = Annotated[str, typer.Option(metavar="TIME", help="Longest time for one address, from start to end.")]
NoRevocation = Annotated[
    bool,
    typer.Option("--no-revocation", help="Fetch nothing that certificates point to: no CRL, OCSP or missing issuer."),
]
WarnDays = Annotated[
    str | None,
    typer.Option(metavar="N", help="Warn N days before a certificate ends. Default: 30, or a third of its lifetime."),
]
AsOf = Annotated[str | None, typer.Option(metavar="DATE", help="Judge certificates as of this day.")]
Expect = Annotated[
    str, typer.Option(metavar="healthy|CODE", help="What counts as success.", autocompletion=completers.route)
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as failure.")]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|zh",
        help="Language of the words. Default: by the locale.",
        autocompletion=completers.language,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
Output = Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Write the document to FILE.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only what is not as expected.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="More detail: every certificate and stage.")]
History = Annotated[
    str | None, typer.Option("--history", metavar="FILE", help="Remember this run in FILE, and know of earlier ones.")
]
NoHistory = Annotated[bool, typer.Option("--no-history", help="Read and write no history.")]
Remind = Annotated[
    str | None,
    typer.Option("--remind", metavar="TIME", help="Tell what is still not as expected again after TIME, as in 6h."),
]
Notify = Annotated[
    list[str] | None,
    typer.Option(
        "--notify", metavar="NAME", help="Variable of the environment with Apprise URLs to notify; repeatable."
    ),
]
Place = Annotated[str | None, typer.Option(metavar="NAME", help="What this place is called. Default: the host's name.")]
TokenFile = Annotated[
    str | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="The token of probe serve (there: tokens, or USER:HASH, one a line). Or PROBE_TOKEN, of the environment.",
    ),
]


# --- groups of them -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HostOptions:
    """Which hosts."""

    hosts: Annotated[
        list[str] | None, typer.Argument(metavar="[HOST...]", help="Name, address, or HOST:PORT; - for standard input.")
    ] = None
    hosts_file: Annotated[
        str | None,
        typer.Option("-f", "--file", metavar="FILE", help="Hosts from FILE: one a line, or CSV with a header."),
    ] = None
    as_written: Annotated[
        bool, typer.Option("--as-written", hidden=True, help="Each HOST is one, whatever it looks like.")
    ] = False


@dataclass(frozen=True, slots=True)
class ConnectorOptions:
    """What each host is as a connector, and how it is probed."""

    port: Annotated[str, typer.Option("--port", metavar="N", help="TCP port.")] = "25"
    tls: Tls = None
    tls_domain: Annotated[
        str | None, typer.Option(metavar="NAME", help="TlsDomain: name or *.name it must carry. Default: HOST.")
    ] = None
    mx: Annotated[bool, typer.Option("--mx", help="HOST is a domain: go by its MX records (UseMXRecord).")] = False
    type_: Annotated[
        str,
        typer.Option(
            "--type", metavar="TYPE", help="on-premises or partner.", autocompletion=completers.connector_type
        ),
    ] = "on-premises"
    roots: Roots = "microsoft"
    ca_file: CaFile = None
    only_ca_file: OnlyCaFile = False
    nameserver: Nameservers = None
    source_address: Annotated[str | None, typer.Option(metavar="ADDR", help="Connect from this address.")] = None
    ipv4: Annotated[bool, typer.Option("-4", help="IPv4 only.")] = False
    ipv6: Annotated[bool, typer.Option("-6", help="IPv6 only.")] = False
    control: Annotated[
        list[str] | None,
        typer.Option(
            "--control", metavar="HOST", help="Try this host's port 25 before a failed connect is held against HOST."
        ),
    ] = None
    no_control: NoControl = False
    helo: Annotated[str | None, typer.Option(metavar="NAME", help="Name for EHLO. Default: this machine's.")] = None
    connect_timeout: ConnectTimeout = "21s"
    timeout: Timeout = "60s"
    deadline: Deadline = "120s"
    connections: Annotated[
        str, typer.Option(metavar="N", help="Connect N times to each address: are the servers behind it equal?")
    ] = "1"
    retries: Annotated[str, typer.Option(metavar="N", help="A failure counts only when it repeats N times.")] = "0"
    retry_delay: Annotated[str, typer.Option(metavar="TIME", help="Pause before a retry.")] = "10s"
    queue_lifetime: Annotated[
        str, typer.Option(metavar="TIME", help="How long queued mail is retried before it bounces.")
    ] = "24h"
    no_revocation: NoRevocation = False
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Connect once more: does the server show another certificate without SNI?"),
    ] = False
    rdap: Annotated[
        str | None,
        typer.Option(
            metavar="SERVER",
            help="Ask the registry whether a domain that does not resolve has expired: iana, or an RDAP server's URL.",
        ),
    ] = None
    rcpt: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Go on to MAIL FROM:<> and RCPT TO this address; never DATA.")
    ] = None
    warn_days: WarnDays = None
    as_of: AsOf = None
    dane: Annotated[
        str,
        typer.Option(
            "--dane",
            metavar="MODE",
            help="SmtpDaneMode: opportunistic, mandatory, none.",
            autocompletion=completers.dane,
        ),
    ] = "opportunistic"
    mta_sts: Annotated[
        str,
        typer.Option(
            "--mta-sts", metavar="MODE", help="MtaStsMode: opportunistic, none.", autocompletion=completers.mta_sts
        ),
    ] = "opportunistic"
    mta_sts_port: Annotated[
        str, typer.Option("--mta-sts-port", metavar="N", help="Port of the MTA-STS policy's host, for a laboratory.")
    ] = "443"
    trust_anchor: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Validate DNSSEC from these DS or DNSKEY records. Default: the root's."),
    ] = None
    trust_ad: Annotated[
        bool,
        typer.Option(
            "--trust-ad", help="Believe the nameserver's AD bit: only of a validating resolver on this machine."
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """How a run is told."""

    format_: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT[=FILE]",
            help=f"{', '.join(Format)}; with =FILE repeatable.",
            autocompletion=completers.format_,
        ),
    ] = None
    json: Json = False
    output: Output = None
    lang: Lang = None
    brief: Annotated[bool, typer.Option("--brief", help="One line a connector.")] = False
    quiet: Quiet = False
    verbose: Verbose = False
    transcript: Annotated[bool, typer.Option("--transcript", help="Add the SMTP conversation.")] = False


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What is done around a run of probes.yaml."""

    retries: Annotated[
        str | None,
        typer.Option("--retries", metavar="N", help="A failure, and a recovery, counts only when it repeats N times."),
    ] = None
    history: History = None
    no_history: NoHistory = False
    only_changes: Annotated[
        bool,
        typer.Option("--only-changes", help="Print only what changed since it was printed last; nothing if nothing."),
    ] = False
    remind: Remind = None
    splay: Annotated[
        str, typer.Option("--splay", metavar="TIME", help="Start at a random moment within TIME, as in 5m.")
    ] = "0"
    run_deadline: Annotated[
        str | None,
        typer.Option(
            "--run-deadline", metavar="TIME", help="End the whole run after TIME; what is not known then is unknown."
        ),
    ] = None
    notify: Notify = None
    ping: Annotated[
        str | None,
        typer.Option(
            "--ping", metavar="URL", help="Dead-man URL to ask for after the run; /fail is added after a bad one."
        ),
    ] = None
    push: Annotated[
        str | None,
        typer.Option("--push", metavar="URL", help="Send the results to this probe serve, as another place."),
    ] = None
    place: Place = None
    token_file: TokenFile = None


def takes_groups(command: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """``command``, of whose parameters those that are dataclasses stand, for Typer, for each option in them."""
    groups: dict[str, type[Any]] = {}
    told: list[Parameter] = []
    for one in signature(command, eval_str=True).parameters.values():
        kind = one.annotation
        if isinstance(kind, type) and is_dataclass(kind):
            groups[one.name] = kind
            options = [(option.name, option.default, option.type) for option in fields(kind)]
        else:
            options = [(one.name, one.default, one.annotation)]
        told += [Parameter(name, Parameter.KEYWORD_ONLY, default=usual, annotation=of) for name, usual, of in options]

    @wraps(command)
    def taking(**given: Any) -> _Answer:  # noqa: ANN401 - what Typer read
        for name, kind in groups.items():
            given[name] = kind(**{one.name: given.pop(one.name) for one in fields(kind) if one.name in given})
        return command(**given)

    setattr(taking, "__signature__", Signature(told))  # noqa: B010 - no attribute that mypy knows
    return taking
