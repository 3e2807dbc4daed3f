"""The options of a probe, read into connectors."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import typer

from connector_probe.cli import options as opt
from connector_probe.cli.host_lists import hosts_given, parse_tls
from connector_probe.cli.values import UsageProblemError, parse_choice, parse_duration, parse_moment, parse_whole
from connector_probe.model.connector import (
    CONTROL_HOSTS,
    HTTPS_PORT,
    AddressFamily,
    Connector,
    ConnectorError,
    ConnectorType,
    MtaStsMode,
    RootList,
    SmtpDaneMode,
)
from connector_probe.model.dataclass import dataclass

if TYPE_CHECKING:
    from connector_probe.cli.settings import OutputSettings


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be probed, how it is told, whether warnings count as failure, and where it is remembered."""

    connectors: list[Connector]
    settings: "OutputSettings"
    strict: bool | Sequence[bool]
    history: str | None = None

    def __call__(self) -> int:
        """Probe them, once; gives the exit code."""
        from connector_probe.cli.running import probe_and_print

        unattended = None
        if self.history is not None:
            from connector_probe.cli.history_file import history_of
            from connector_probe.cli.unattended import Unattended

            names = {connector.name: () for connector in self.connectors}
            unattended = Unattended(history=history_of(self.history), windows=names, words=self.settings.words)
        return probe_and_print(self.connectors, self.settings, strict=self.strict, unattended=unattended)


@opt.takes_groups
def read_hosts(
    *,
    given: opt.HostOptions,
    options: opt.ConnectorOptions,
    expect: opt.Expect = "healthy",
    strict: opt.Strict = False,
    history: str | None = typer.Option(
        None,
        "--history",
        metavar="FILE",
        help="Remember this run in FILE, and know of earlier ones.",
        rich_help_panel="Going further",
    ),
    document: opt.DocumentOptions,
) -> Asked:
    """Probe mail connectors as Exchange Online would: which error code, why, and what to do, before mail queues.

    \b
      probe mail.contoso.com               a smart host
      probe --mx fabrikam.com              a domain, by its MX records
      probe COMMAND --help                 one of the commands below
    """
    asked = asked_of(given, options, document, expect=expect, strict=strict)
    return replace(asked, history=history)


def asked_of(
    given: opt.HostOptions, options: opt.ConnectorOptions, document: opt.DocumentOptions, *, expect: str, strict: bool
) -> Asked:
    """Raises UsageProblemError and ConnectorError."""
    from connector_probe.cli.settings import OutputSettings

    if options.ipv4 and options.ipv6:
        raise UsageProblemError("-4 and -6 exclude each other", "without either, both are probed")
    dane = parse_choice("--dane", options.dane, SmtpDaneMode)
    mta_sts = parse_choice("--mta-sts", options.mta_sts, MtaStsMode)
    policies = {
        "--dane": dane is not SmtpDaneMode.OPPORTUNISTIC,
        "--mta-sts": mta_sts is not MtaStsMode.OPPORTUNISTIC,
        "--mta-sts-port": options.mta_sts_port != str(HTTPS_PORT),
        "--trust-ad": options.trust_ad,
    }
    for option, is_given in policies.items():
        if is_given and not options.mx:
            raise UsageProblemError(f"{option} without --mx", "only a domain publishes policies; a smart host does not")
    if options.control and options.no_control:
        raise UsageProblemError("--control and --no-control exclude each other", "give one of them")
    if no_host := next((one for one in options.control or () if one.casefold() in ("none", "no", "off")), None):
        raise UsageProblemError(f"--control {no_host} would be a host of that name", "no control: --no-control")
    settings = OutputSettings.choose(document, modes=options.tls is None)
    family = AddressFamily.IPV4 if options.ipv4 else AddressFamily.IPV6 if options.ipv6 else AddressFamily.BOTH
    make = partial(
        Connector,
        tls=parse_tls("--tls", options.tls) if options.tls is not None else None,
        tls_domain=options.tls_domain,
        port=parse_whole("--port", options.port),
        type=parse_choice("--type", options.type_, ConnectorType),
        roots=parse_choice("--roots", options.roots, RootList),
        ca_file=options.ca_file,
        only_ca_file=options.only_ca_file,
        nameservers=tuple(options.nameserver or ()),
        source_address=options.source_address,
        family=family,
        control=() if options.no_control else tuple(options.control or CONTROL_HOSTS),
        helo=options.helo,
        connect_timeout=parse_duration("--connect-timeout", options.connect_timeout),
        timeout=parse_duration("--timeout", options.timeout),
        deadline=parse_duration("--deadline", options.deadline),
        connections=parse_whole("--connections", options.connections),
        retries=parse_whole("--retries", options.retries),
        retry_delay=parse_duration("--retry-delay", options.retry_delay),
        queue_lifetime=parse_duration("--queue-lifetime", options.queue_lifetime),
        revocation=not options.no_revocation,
        thorough=options.thorough,
        rdap=options.rdap,
        rcpt=options.rcpt,
        warn_days=parse_whole("--warn-days", options.warn_days) if options.warn_days is not None else None,
        as_of=parse_moment("--as-of", options.as_of) if options.as_of is not None else None,
        smtp_dane_mode=dane,
        mta_sts_mode=mta_sts,
        mta_sts_port=parse_whole("--mta-sts-port", options.mta_sts_port),
        trust_anchor=options.trust_anchor,
        trust_ad=options.trust_ad,
        expect=expect,
    )
    connectors = []
    for one in hosts_given(given, port=options.port, mx=options.mx):
        try:
            connectors.append(
                make(
                    smart_hosts=() if options.mx else (one.host,), use_mx=one.host if options.mx else None, **one.others
                )
            )
        except ConnectorError as problem:
            if not one.where:
                raise
            raise UsageProblemError(f"{one.where}: {problem}", problem.hint) from None
    return Asked(connectors, settings, strict)
