"""It fails at TCP or in plain SMTP, before TLS."""

from __future__ import annotations

from connector_probe.lab import banner_behaviours as banner
from connector_probe.lab import behaviours as smtp
from connector_probe.lab import certificates
from connector_probe.lab import tls_behaviours as tls
from connector_probe.lab.answers import addresses
from connector_probe.lab.scenario import (
    LOOPBACK,
    Listens,
    Options,
    Scenario,
    Server,
    failing,
    host_of,
    unknown,
    warning,
)
from connector_probe.lab.sockets import Need
from connector_probe.model.connector import AddressFamily
from connector_probe.model.evidence import CertificateProblemKind
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

SECOND = "127.0.0.2"
NOT_OURS = "192.0.2.1"  # RFC 5737: no machine has it, so binding to it fails before anything is dialled

CONNECT: tuple[Scenario, ...] = (
    failing(
        "refused",
        "nothing listens on the port",
        F.TCP_REFUSED,
        servers=(Server(listens=Listens.REFUSES),),
    ),
    failing(
        "no-answer",
        "the backlog is full: a SYN is not answered",
        F.TCP_TIMEOUT,
        waits=True,
        needs=(Need.FULL_BACKLOG,),
        servers=(Server(listens=Listens.IGNORES),),
    ),
    warning(
        "one-address-refused",
        "two addresses, one of them refuses",
        needs=(Need.LOOPBACK_NET,),
        servers=(Server(), Server(address=SECOND, listens=Listens.REFUSES)),
    ),
    warning(
        "one-address-silent",
        "two addresses, one of them does not answer",
        waits=True,
        needs=(Need.LOOPBACK_NET, Need.FULL_BACKLOG),
        servers=(Server(), Server(address=SECOND, listens=Listens.IGNORES)),
    ),
    warning(
        "ipv6-dead",
        "an AAAA record that leads nowhere beside a good A record",
        needs=(Need.IPV6,),
        servers=(Server(), Server(address="::1", listens=Listens.REFUSES)),
    ),
    warning(
        "one-address-bad-certificate",
        "two servers behind one name, one with an expired certificate",
        needs=(Need.LOOPBACK_NET,),
        servers=(Server(), Server(address=SECOND, certificate=certificates.expired)),
        expect_problems=(CertificateProblemKind.EXPIRED,),
    ),
    failing(
        "both-addresses-refused",
        "two addresses, both refuse",
        F.TCP_REFUSED,
        needs=(Need.LOOPBACK_NET,),
        servers=(Server(listens=Listens.REFUSES), Server(address=SECOND, listens=Listens.REFUSES)),
    ),
    failing(
        "refused-as-expected",
        "after a cutover: nothing listens any more, and that is what is expected",
        F.TCP_REFUSED,
        options=Options(expect="4.4.316"),
        servers=(Server(listens=Listens.REFUSES),),
        expect_causes={"migrated": CauseVerdict.SUPPORTED},
    ),
    warning(
        "one-of-two-stopped",
        "two servers behind one address, on one of them nothing listens",
        needs=(Need.PAUSED_LISTENING,),
        options=Options(connections=2),
        servers=(Server(listens=Listens.AT_TIMES),),
        expect_causes={"service-stopped": CauseVerdict.SUPPORTED, "firewall-blocks": CauseVerdict.RULED_OUT},
    ),
    failing(
        "furthest-decides",
        "one address refuses, the other gets as far as STARTTLS",
        F.STARTTLS_REJECTED,
        needs=(Need.LOOPBACK_NET,),
        servers=(Server(listens=Listens.REFUSES), Server(address=SECOND, behaviour=tls.has_no_tls_today)),
    ),
    unknown(
        "source-address",
        "the source address is not this machine's",
        F.LOCAL_SOURCE_ADDRESS,
        options=Options(source_address=NOT_OURS),
        answers={host_of("source-address"): addresses(LOOPBACK)},
    ),
    unknown(
        "clock-doubtful",
        "the certificate has expired by our clock, and the server's greeting tells a time at which it was valid",
        F.LOCAL_CLOCK,
        servers=(Server(behaviour=banner.tells_another_time, certificate=certificates.expired),),
        expect_problems=(CertificateProblemKind.EXPIRED,),
    ),
    unknown(
        "family-excluded",
        "only IPv6 was asked for, and the host has only an IPv4 address",
        F.LOCAL_FAMILY_EXCLUDED,
        options=Options(family=AddressFamily.IPV6),
    ),
)

BANNER: tuple[Scenario, ...] = (
    failing("banner-silent", "accepts and says nothing", F.BANNER_TIMEOUT, banner.says_nothing, waits=True),
    failing("banner-silent-once", "silent once", F.BANNER_TIMEOUT, banner.is_silent_at_first, waits=True),
    failing("banner-dripping", "a banner of one byte a second", F.BANNER_TIMEOUT, banner.drips_banner, waits=True),
    failing("implicit-tls", "TLS from the first byte, as on 465", F.BANNER_TIMEOUT, banner.waits_for_tls, waits=True),
    failing(
        "proxy-protocol",
        "silent until a PROXY header comes, as behind a balancer",
        F.BANNER_TIMEOUT,
        banner.waits_for_proxy_header,
        waits=True,
    ),
    failing(
        "proxy-protocol-impatient",
        "hangs up on whoever sends no PROXY header",
        F.BANNER_CLOSED,
        banner.hangs_up_without_proxy_header,
    ),
    failing(
        "http-port",
        "a web server that waits for a request",
        F.BANNER_TIMEOUT,
        banner.waits_for_http_request,
        waits=True,
    ),
    failing("accept-closed", "accepts and hangs up", F.BANNER_CLOSED, banner.hangs_up_at_once),
    failing("banner-cut", "hangs up in the middle of the banner", F.BANNER_CLOSED, banner.hangs_up_within_banner),
    failing("accept-reset", "accepts and resets", F.BANNER_RESET, banner.resets_at_once),
    failing("banner-421", "421 Service not available", F.BANNER_REJECTED, banner.is_busy),
    failing("banner-421-rate", "421 too many connections", F.BANNER_REJECTED, banner.counts_connections),
    failing("banner-421-limit", "421, no more connections per source", F.BANNER_REJECTED, banner.has_reached_its_limit),
    failing("banner-554", "554, the source is blocked", F.BANNER_REJECTED, banner.turns_away),
    failing(
        "banner-550-connection-refused",
        "a banner 550 Connection refused: refused by SMTP, not by TCP",
        F.BANNER_REJECTED,
        banner.turns_away_in_words_of_tcp,
    ),
    failing("banner-no-space", "220 without a space behind it", F.BANNER_NOT_SMTP, banner.greets_without_space),
    failing("banner-endless-line", "a banner line that never ends", F.BANNER_NOT_SMTP, banner.never_ends_line),
    failing("banner-endless-lines", "one 220- line after another", F.BANNER_NOT_SMTP, banner.never_ends_banner),
    failing("banner-binary", "a database's greeting", F.BANNER_NOT_SMTP, banner.sends_binary),
    failing("banner-http", "a web server", F.BANNER_NOT_SMTP, banner.speaks_http),
    failing("banner-ssh", "an SSH server", F.BANNER_NOT_SMTP, banner.speaks_ssh),
    failing("banner-imap", "an IMAP server", F.BANNER_NOT_SMTP, banner.speaks_imap),
    failing("banner-pop", "a POP3 server", F.BANNER_NOT_SMTP, banner.speaks_pop),
    failing("banner-telnet", "a login prompt", F.BANNER_NOT_SMTP, banner.speaks_telnet),
    failing("banner-nntp", "a news server", F.BANNER_NOT_SMTP, banner.speaks_nntp),
    failing("banner-managesieve", "a ManageSieve server", F.BANNER_NOT_SMTP, banner.speaks_managesieve),
    failing("banner-vnc", "a VNC server", F.BANNER_NOT_SMTP, banner.speaks_vnc),
    failing("banner-tls-alert", "a TLS server that has lost patience", F.BANNER_NOT_SMTP, banner.alerts_at_once),
    failing(
        "banner-proxy-header",
        "a balancer whose two sides are swapped: it sends a PROXY header",
        F.BANNER_NOT_SMTP,
        banner.sends_proxy_header,
    ),
    failing("banner-ftp", "an FTP server: its banner could be SMTP's", F.EHLO_REJECTED, banner.speaks_ftp),
)

EHLO: tuple[Scenario, ...] = (
    failing("ehlo-silent", "no answer to EHLO", F.EHLO_TIMEOUT, smtp.ignores_ehlo, waits=True),
    failing("banner-then-closed", "hangs up after the banner", F.EHLO_CLOSED, smtp.hangs_up_after_banner),
    failing("banner-then-reset", "resets right after the banner", F.EHLO_RESET, smtp.resets_after_banner),
    failing("ehlo-closed", "hangs up on EHLO", F.EHLO_CLOSED, smtp.hangs_up_on_ehlo),
    failing("ehlo-cut", "hangs up in the middle of the EHLO reply", F.EHLO_CLOSED, smtp.hangs_up_within_ehlo),
    failing("ehlo-reset", "resets on EHLO", F.EHLO_RESET, smtp.resets_on_ehlo),
    failing("ehlo-550", "refuses EHLO and HELO with 550", F.EHLO_REJECTED, smtp.rejects_ehlo),
    failing("ehlo-550-blocked", "550, on a block list", F.EHLO_REJECTED, banner.knows_a_bad_reputation),
    failing("ehlo-421", "421 to EHLO", F.EHLO_REJECTED, smtp.busy_on_ehlo),
    # It can still be read, and yet a sender was seen to give up on it, with 4.4.317 SocketError (2022).
    failing("ehlo-bare-lf", "EHLO lines end with LF alone", F.EHLO_MALFORMED, smtp.ends_ehlo_lines_with_lf),
    failing("ehlo-ends-early", "250 and a space before the last line", F.EHLO_MALFORMED, smtp.ends_ehlo_early),
    failing("ehlo-550-name", "550, for the name in EHLO", F.EHLO_REJECTED, smtp.dislikes_the_name),
    failing("ehlo-behind-proxy-header", "gets a PROXY header", F.EHLO_REJECTED, smtp.gets_a_proxy_header),
    failing("ehlo-mixed-codes", "250- and 220 in one reply", F.EHLO_MALFORMED, smtp.mixes_codes),
    failing("ehlo-second-greeting", "a second greeting instead of an EHLO reply", F.EHLO_REJECTED, smtp.greets_twice),
    failing("ehlo-nonsense", "an answer to EHLO that is no reply", F.EHLO_MALFORMED, smtp.answers_ehlo_with_nonsense),
    failing("ehlo-endless", "an EHLO reply that never ends", F.EHLO_MALFORMED, smtp.never_ends_ehlo),
    failing("helo-only", "knows HELO alone, so no STARTTLS", F.STARTTLS_NOT_OFFERED, smtp.refuses_ehlo_knows_helo),
    failing("no-starttls", "STARTTLS is not offered", F.STARTTLS_NOT_OFFERED, smtp.offers_no_starttls),
    failing(
        "anonymous-tls-only",
        "Exchange with a broken certificate of its own: X-ANONYMOUSTLS without STARTTLS",
        F.STARTTLS_NOT_OFFERED,
        smtp.offers_anonymous_tls_only,
    ),
    failing(
        "masked-by-firewall",
        "SMTP inspection: a banner of asterisks, XXXXXXXA in place of STARTTLS",
        F.STARTTLS_NOT_OFFERED,
        smtp.is_masked,
    ),
    failing(
        "masked-banner-no-starttls",
        "SMTP inspection: a banner of asterisks, and STARTTLS gone without a trace",
        F.STARTTLS_NOT_OFFERED,
        smtp.is_masked_in_the_banner,
    ),
)

_RCPT = Options(rcpt="postmaster@lab.test")

RECIPIENT: tuple[Scenario, ...] = (
    failing("recipient-550", "RCPT TO is rejected", F.RECIPIENT_REJECTED, smtp.rejects_recipient, options=_RCPT),
    failing("recipient-451", "RCPT TO is greylisted", F.RECIPIENT_DEFERRED, smtp.defers_recipient, options=_RCPT),
    failing("sender-530", "MAIL FROM is rejected", F.RECIPIENT_REJECTED, smtp.rejects_sender, options=_RCPT),
    failing("sender-452", "MAIL FROM meets back pressure", F.RECIPIENT_DEFERRED, smtp.defers_sender, options=_RCPT),
    failing("recipient-closed", "hangs up on RCPT TO", F.RECIPIENT_CUT, smtp.hangs_up_on_recipient, options=_RCPT),
    failing("sender-reset", "resets on MAIL FROM", F.RECIPIENT_CUT, smtp.resets_on_sender, options=_RCPT),
    failing(
        "recipient-silent", "no answer to RCPT TO", F.RECIPIENT_CUT, smtp.ignores_recipient, options=_RCPT, waits=True
    ),
)
