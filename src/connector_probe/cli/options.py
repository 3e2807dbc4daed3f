"""The options of a probe and of a run, declared once. The texts are what ``--help`` prints. Light to import.

A value is a text and a switch a bool: what a text says is read by ``cli.values``, whose errors name the option.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import typer
from typer.models import ParameterInfo

from connector_probe.cli import completers
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
    str | None,
    typer.Option("--history", metavar="FILE", help="Remember this run in FILE, and know of earlier ones."),
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


class Options:
    """Options that go together, with their defaults: fields as Typer reads parameters. A command has them as one."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - of the fields below
        for name in self.__annotations__:
            default = getattr(type(self), name)
            usual = default.default if isinstance(default, ParameterInfo) else default
            setattr(self, name, given.get(name, usual))


class HostOptions(Options):
    """Which hosts."""

    hosts: list[str] | None = typer.Argument(
        None, metavar="[HOST...]", help="Name, address, or HOST:PORT; - for standard input."
    )
    hosts_file: str | None = typer.Option(
        None, "-f", "--file", metavar="FILE", help="Hosts from FILE: one a line, or CSV with a header."
    )
    as_written: bool = typer.Option(
        False, "--as-written", hidden=True, help="Each HOST is one, whatever it looks like."
    )


class ConnectorOptions(Options):
    """What each host is as a connector, and how it is probed."""

    port: str = typer.Option("25", "--port", metavar="N", help="TCP port.")
    tls: Tls = None
    tls_domain: str | None = typer.Option(
        None, metavar="NAME", help="TlsDomain: name or *.name it must carry. Default: HOST."
    )
    mx: bool = typer.Option(False, "--mx", help="HOST is a domain: go by its MX records (UseMXRecord).")
    type_: str = typer.Option(
        "on-premises",
        "--type",
        metavar="TYPE",
        help="on-premises or partner.",
        autocompletion=completers.connector_type,
    )
    roots: Roots = "microsoft"
    ca_file: CaFile = None
    only_ca_file: OnlyCaFile = False
    nameserver: Nameservers = None
    source_address: str | None = typer.Option(None, metavar="ADDR", help="Connect from this address.")
    ipv4: bool = typer.Option(False, "-4", help="IPv4 only.")
    ipv6: bool = typer.Option(False, "-6", help="IPv6 only.")
    control: list[str] | None = typer.Option(
        None, "--control", metavar="HOST", help="Try this host's port 25 before a failed connect is held against HOST."
    )
    no_control: NoControl = False
    helo: str | None = typer.Option(None, metavar="NAME", help="Name for EHLO. Default: this machine's.")
    connect_timeout: ConnectTimeout = "21s"
    timeout: Timeout = "60s"
    deadline: Deadline = "120s"
    connections: str = typer.Option(
        "1", metavar="N", help="Connect N times to each address: are the servers behind it equal?"
    )
    retries: str = typer.Option("0", metavar="N", help="A failure counts only when it repeats N times.")
    retry_delay: str = typer.Option("10s", metavar="TIME", help="Pause before a retry.")
    queue_lifetime: str = typer.Option("24h", metavar="TIME", help="How long queued mail is retried before it bounces.")
    no_revocation: NoRevocation = False
    thorough: bool = typer.Option(
        False, "--thorough", help="Connect once more: does the server show another certificate without SNI?"
    )
    rdap: str | None = typer.Option(
        None,
        metavar="SERVER",
        help="Ask the registry whether a domain that does not resolve has expired: iana, or an RDAP server's URL.",
    )
    rcpt: str | None = typer.Option(
        None, metavar="ADDRESS", help="Go on to MAIL FROM:<> and RCPT TO this address; never DATA."
    )
    warn_days: WarnDays = None
    as_of: AsOf = None
    dane: str = typer.Option(
        "opportunistic",
        "--dane",
        metavar="MODE",
        help="SmtpDaneMode: opportunistic, mandatory, none.",
        autocompletion=completers.dane,
    )
    mta_sts: str = typer.Option(
        "opportunistic",
        "--mta-sts",
        metavar="MODE",
        help="MtaStsMode: opportunistic, none.",
        autocompletion=completers.mta_sts,
    )
    mta_sts_port: str = typer.Option(
        "443", "--mta-sts-port", metavar="N", help="Port of the MTA-STS policy's host, for a laboratory."
    )
    trust_anchor: str | None = typer.Option(
        None, metavar="FILE", help="Validate DNSSEC from these DS or DNSKEY records. Default: the root's."
    )
    trust_ad: bool = typer.Option(
        False, "--trust-ad", help="Believe the nameserver's AD bit: only of a validating resolver on this machine."
    )


class DocumentOptions(Options):
    """How a run is told."""

    format_: list[str] | None = typer.Option(
        None,
        "--format",
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(Format)}; with =FILE repeatable.",
        autocompletion=completers.format_,
    )
    json: Json = False
    output: Output = None
    lang: Lang = None
    brief: bool = typer.Option(False, "--brief", help="One line a connector.")
    quiet: Quiet = False
    verbose: Verbose = False
    transcript: bool = typer.Option(False, "--transcript", help="Add the SMTP conversation.")


class RunOptions(Options):
    """What is done around a run of probes.yaml."""

    retries: str | None = typer.Option(
        None, "--retries", metavar="N", help="A failure, and a recovery, counts only when it repeats N times."
    )
    history: History = None
    no_history: NoHistory = False
    only_changes: bool = typer.Option(
        False, "--only-changes", help="Print only what changed since it was printed last; nothing if nothing."
    )
    remind: Remind = None
    splay: str = typer.Option("0", "--splay", metavar="TIME", help="Start at a random moment within TIME, as in 5m.")
    run_deadline: str | None = typer.Option(
        None, "--run-deadline", metavar="TIME", help="End the whole run after TIME; what is not known then is unknown."
    )
    notify: Notify = None
    ping: str | None = typer.Option(
        None, "--ping", metavar="URL", help="Dead-man URL to ask for after the run; /fail is added after a bad one."
    )
    push: str | None = typer.Option(
        None, "--push", metavar="URL", help="Send the results to this probe serve, as another place."
    )
    place: Place = None
    token_file: TokenFile = None


def takes_groups(command: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """``command``, whose parameters of a class of Options stand, for Typer, for each option in it."""
    own = inspect.signature(command, eval_str=True).parameters.values()
    groups = {
        one.name: one.annotation
        for one in own
        if inspect.isclass(one.annotation) and issubclass(one.annotation, Options)
    }
    told: list[inspect.Parameter] = []
    for one in own:
        if one.name not in groups:
            told.append(one.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        for name, annotation in one.annotation.__annotations__.items():
            default = getattr(one.annotation, name)
            told.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation))

    @wraps(command)
    def taking(**given: Any) -> _Answer:  # noqa: ANN401 - what Typer read
        for name, kind in groups.items():
            given[name] = kind(**{key: given.pop(key) for key in kind.__annotations__ if key in given})
        return command(**given)

    setattr(taking, "__signature__", inspect.Signature(told))  # noqa: B010 - no attribute that mypy knows
    return taking
