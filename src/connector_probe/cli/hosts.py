"""The options of a probe, read into connectors."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from connector_probe.cli import options as opt
from connector_probe.cli import run_options as opts
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
    history: Path | None = None

    def __call__(self) -> int:
        """Probe them, once; gives the exit code."""
        from connector_probe.cli.probe import probe_and_print

        unattended = None
        if self.history is not None:
            from connector_probe.cli.history_file import checked_file
            from connector_probe.cli.unattended import Unattended
            from connector_probe.cli.unattended_options import UnattendedOptions

            names = {connector.name: () for connector in self.connectors}
            unattended = Unattended(UnattendedOptions(checked_file(self.history)), names, words=self.settings.words)
        return probe_and_print(self.connectors, self.settings, strict=self.strict, unattended=unattended)


def read_hosts(
    hosts: opt.Hosts = None,
    hosts_file: opt.HostsFile = None,
    as_written: opt.AsWritten = False,
    port: opt.Port = "25",
    tls: opt.Tls = None,
    tls_domain: opt.TlsDomain = None,
    mx: opt.Mx = False,
    type_: opt.Type = "on-premises",
    roots: opt.Roots = "microsoft",
    ca_file: opt.CaFile = None,
    only_ca_file: opt.OnlyCaFile = False,
    nameserver: opt.Nameservers = None,
    source_address: opt.SourceAddress = None,
    ipv4: opt.Ipv4 = False,
    ipv6: opt.Ipv6 = False,
    control: opt.ControlHosts = None,
    no_control: opt.NoControl = False,
    helo: opt.Helo = None,
    connect_timeout: opt.ConnectTimeout = "21s",
    timeout: opt.Timeout = "60s",
    deadline: opt.Deadline = "120s",
    connections: opt.Connections = "1",
    retries: opt.Retries = "0",
    retry_delay: opt.RetryDelay = "10s",
    queue_lifetime: opt.QueueLifetime = "24h",
    no_revocation: opt.NoRevocation = False,
    thorough: opt.Thorough = False,
    rdap: opt.Rdap = None,
    rcpt: opt.Rcpt = None,
    warn_days: opt.WarnDays = None,
    as_of: opt.AsOf = None,
    dane: opt.Dane = "opportunistic",
    mta_sts: opt.MtaSts = "opportunistic",
    mta_sts_port: opt.MtaStsPort = "443",
    trust_anchor: opt.TrustAnchor = None,
    trust_ad: opt.TrustAd = False,
    expect: opt.Expect = "healthy",
    strict: opt.Strict = False,
    history: opts.HostHistory = None,
    format_: opt.FormatOption = None,
    json: opt.Json = False,
    output: opt.Output = None,
    lang: opt.Lang = None,
    brief: opt.Brief = False,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = False,
    transcript: opt.ShowTranscript = False,
) -> Asked:
    """Probe mail connectors as Exchange Online would: which error code, why, and what to do, before mail queues.

    \b
      probe mail.contoso.com               a smart host
      probe --mx fabrikam.com              a domain, by its MX records
      probe COMMAND --help                 one of the commands below
    """
    from connector_probe.cli.settings import OutputSettings

    if ipv4 and ipv6:
        raise UsageProblemError("-4 and -6 exclude each other", "without either, both are probed")
    dane_mode, mta_sts_mode = parse_choice("--dane", dane, SmtpDaneMode), parse_choice("--mta-sts", mta_sts, MtaStsMode)
    policies = {
        "--dane": dane_mode is not SmtpDaneMode.OPPORTUNISTIC,
        "--mta-sts": mta_sts_mode is not MtaStsMode.OPPORTUNISTIC,
        "--mta-sts-port": mta_sts_port != str(HTTPS_PORT),
    }
    for option, given in (policies | {"--trust-ad": trust_ad}).items():
        if given and not mx:
            raise UsageProblemError(f"{option} without --mx", "only a domain publishes policies; a smart host does not")
    if control and no_control:
        raise UsageProblemError("--control and --no-control exclude each other", "give one of them")
    if no_host := next((one for one in control or () if one.casefold() in ("none", "no", "off")), None):
        raise UsageProblemError(f"--control {no_host} would be a host of that name", "no control: --no-control")
    settings = OutputSettings.choose(
        format_=format_,
        json=json,
        output=output,
        brief=brief,
        quiet=quiet,
        verbose=verbose,
        transcript=transcript,
        modes=tls is None,
        lang=lang,
    )
    family = AddressFamily.IPV4 if ipv4 else AddressFamily.IPV6 if ipv6 else AddressFamily.BOTH
    make = partial(
        Connector,
        tls=parse_tls("--tls", tls) if tls is not None else None,
        tls_domain=tls_domain,
        port=parse_whole("--port", port),
        type=parse_choice("--type", type_, ConnectorType),
        roots=parse_choice("--roots", roots, RootList),
        ca_file=ca_file,
        only_ca_file=only_ca_file,
        nameservers=tuple(nameserver or ()),
        source_address=source_address,
        family=family,
        control=() if no_control else tuple(control or CONTROL_HOSTS),
        helo=helo,
        connect_timeout=parse_duration("--connect-timeout", connect_timeout),
        timeout=parse_duration("--timeout", timeout),
        deadline=parse_duration("--deadline", deadline),
        connections=parse_whole("--connections", connections),
        retries=parse_whole("--retries", retries),
        retry_delay=parse_duration("--retry-delay", retry_delay),
        queue_lifetime=parse_duration("--queue-lifetime", queue_lifetime),
        revocation=not no_revocation,
        thorough=thorough,
        rdap=rdap,
        rcpt=rcpt,
        warn_days=parse_whole("--warn-days", warn_days) if warn_days is not None else None,
        as_of=parse_moment("--as-of", as_of) if as_of is not None else None,
        smtp_dane_mode=dane_mode,
        mta_sts_mode=mta_sts_mode,
        mta_sts_port=parse_whole("--mta-sts-port", mta_sts_port),
        trust_anchor=trust_anchor,
        trust_ad=trust_ad,
        expect=expect,
    )
    connectors = []
    for one in hosts_given(hosts or (), hosts_file, as_written=as_written, port=port, mx=mx):
        try:
            connectors.append(
                make(smart_hosts=() if mx else (one.host,), use_mx=one.host if mx else None, **one.others)
            )
        except ConnectorError as problem:
            if not one.where:
                raise
            raise UsageProblemError(f"{one.where}: {problem}", problem.hint) from None
    return Asked(connectors, settings, strict, Path(history) if history is not None else None)
