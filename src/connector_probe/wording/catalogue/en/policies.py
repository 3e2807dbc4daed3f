"""The words of DNSSEC, SMTP DANE and MTA-STS, of every kind."""

from __future__ import annotations

from connector_probe.model.ids import CauseId, EvidenceId, RemedyId, WarningId
from connector_probe.model.verdict import FailureClass as F
from connector_probe.wording.catalogue import ClassWords, RemedyWords

_W, _R = ClassWords, RemedyWords

CLASSES: dict[F, ClassWords] = {
    F.DANE_DNSSEC_INVALID: _W(
        "DNSSEC is broken",
        "{dane_question} does not validate, as {nameserver_or_system} hands it out: in the zone {dnssec_zone}, "
        "{dnssec_reason}.",
    ),
    F.DANE_REQUIRED: _W(
        "DANE is mandatory, and the domain has none",
        "The connector's SmtpDaneMode is Mandatory, and DANE does not apply to {server}: {dane_absence}.",
    ),
    F.DANE_STARTTLS_NOT_SUPPORTED: _W(
        "TLSA records, but no STARTTLS", "{tlsa_name} has TLSA records, so that TLS is required. {trouble}"
    ),
    F.DANE_TLS_FAILED: _W(
        "TLSA records, but TLS fails", "{tlsa_name} has TLSA records, so that TLS is required. {trouble}"
    ),
    F.DANE_CERTIFICATE_EXPIRED: _W(
        "The certificate has expired",
        "The certificate matches the TLSA record {tlsa_matched}, but it expired on {not_after}.",
    ),
    F.DANE_TLSA_INVALID: _W(
        "The TLSA records do not fit the certificate",
        "DANE fails for {server}: {dane_failure} (TLSA {tlsa_name}: {tlsa_records}).",
    ),
    F.DANE_HOST_MISMATCH: _W(
        "The certificate has another name",
        "The certificate is issued by what the TLSA record {tlsa_matched} names, but it carries {names}; expected is "
        "{server}.",
    ),
    F.MTA_STS_MX_NOT_LISTED: _W(
        "The MX host is not in the MTA-STS policy",
        "The policy at {sts_url} (mode enforce) lists {sts_patterns}, and not {server}.{sts_mx_hint}",
    ),
    F.MTA_STS_TLS_REQUIRED: _W(
        "The MTA-STS policy requires TLS",
        "The policy at {sts_url} (mode enforce) requires TLS, and the server gives none.",
    ),
    F.MTA_STS_CERTIFICATE: _W(
        "The certificate does not meet the MTA-STS policy",
        "The policy at {sts_url} (mode enforce) requires a certificate that is valid for {server}; found: "
        "{sts_problems}.",
    ),
    F.LOCAL_DNSSEC: _W(
        "DNSSEC cannot be validated from here",
        "The connector's SmtpDaneMode is Mandatory, and whether DANE applies cannot be told: {dane_question}: "
        "{dnssec_reason}.",
    ),
}

CAUSES: dict[CauseId, str] = {
    CauseId.DNSSEC_CHAIN_BROKEN: "Broken trust chain: the DS records of the parent zone name keys that the zone does not have.",
    CauseId.DNSSEC_SIGNATURE_UNTIMELY: "A signature is not valid at this time: it has expired, or begins later.",
    CauseId.DNSSEC_TAMPERED: "The records are not what the zone signed: changed without signing them anew, or on the way.",
    CauseId.DANE_NOT_OFFERED: "The domain does not support SMTP DANE with DNSSEC.",
    CauseId.DANE_WITHOUT_STARTTLS: "The domain publishes TLSA records, and its server does not offer TLS.",
    CauseId.DANE_WITHOUT_TLS: "The domain publishes TLSA records, and its server's TLS does not work.",
    CauseId.TLSA_OUTDATED: "The TLSA records are of another certificate: it was renewed or replaced without publishing them anew.",
    CauseId.TLSA_MALFORMED: "A TLSA record is misconfigured, so that it cannot be used.",
    CauseId.CERTIFICATE_NOT_YET_VALID: "The certificate is not valid yet.",
    CauseId.DANE_PATH_INVALID: "The certificate does not lead to the trust anchor of the TLSA record in a valid chain.",
    CauseId.DANE_OTHER_SERVER: "Another server answers at this address: one of several behind it, a firewall, or an attacker.",
    CauseId.DANE_NAME_MISSING: "The certificate does not carry the MX host's name, which TLSA records with usage 2 require.",
    CauseId.STS_POLICY_OUTDATED: "The MX records changed, and the policy was not changed with them.",
    CauseId.STS_MX_REDIRECTED: "The MX record is wrong, or somebody forges it: this is what MTA-STS guards against.",
    CauseId.STS_WITHOUT_STARTTLS: "The domain's MTA-STS policy requires TLS, and its server does not support it.",
    CauseId.STS_CERTIFICATE_INVALID: "The server's certificate is not valid for the MX host, as the domain's own policy requires.",
}

EVIDENCE: dict[EvidenceId, str] = {
    EvidenceId.DNSSEC_FOUND: "In {dnssec_zone}, {dnssec_reason}.",
    EvidenceId.DANE_ABSENCE: "{server}: {dane_absence}.",
    EvidenceId.TLSA_PUBLISHED: "{tlsa_name} has: {tlsa_records}.",
    EvidenceId.TLSA_COMPARED: "{tlsa_name} has: {tlsa_records}; none matches what the server sends.",
    EvidenceId.TLSA_FITS_AS: "{tlsa_misnumbered} would match as {tlsa_fits_as}: usage 3 is for the server's own certificate and 2 for an issuer's; selector 1 is for the key and 0 for the whole certificate.",
    EvidenceId.TLSA_OF_THIS_CHAIN: "It is of what the server sends.",
    EvidenceId.TLSA_UNUSABLE: "Not usable: {tlsa_unusable}.",
    EvidenceId.ANCHOR_PROBLEMS: "Found: {anchor_problems}.",
    EvidenceId.COMPARE_ISSUER: "The certificate is of {top_issuer}.",
    EvidenceId.MX_NAME_DIFFERS: "It carries {names}; expected is {server}.",
    EvidenceId.STS_LISTED: "The policy lists {sts_patterns}.",
    EvidenceId.STS_PROBLEMS: "Found: {sts_problems}.",
    EvidenceId.MX_OTHERS_LISTED: "{stale_authority}, asked directly, says: {stale_theirs}, as the policy lists it. {stale_nameserver} says: {stale_ours}.",
    EvidenceId.MX_DIFFERS: "{stale_authority}, asked directly, says: {stale_theirs}. {stale_nameserver} says: {stale_ours}.",
    EvidenceId.MX_ALL_LISTED: "The policy lists what {stale_authority}, asked directly, says: {stale_theirs}.",
    EvidenceId.MX_SAME: "{same_label}, asked directly, names {server} too, which speaks against a forgery on the way here. Whether the record is right, only the domain's owner knows.",
    EvidenceId.MX_SECURE: "DNSSEC vouches for the answer of {mx_nameserver}: the zone itself gave it.",
    EvidenceId.MX_FROM_SOURCE: "{mx_nameserver} answers for the domain with authority. Whether the record is right, only the domain's owner knows.",
    EvidenceId.TTL_LONGER: "It would stay in a cache for another {ttl_left} s, longer than what the zone gives now ({ttl_zone} s).",
}

REMEDIES: dict[RemedyId, RemedyWords] = {
    RemedyId.REPAIR_DNSSEC_CHAIN: _R(
        "Have the DNS hosting service repair DNSSEC: sign the zone anew, and let the DS record at the registrar name a "
        "key that the zone has.",
        ("dig +dnssec +cd {parent} DNSKEY", "dig +dnssec {parent} DS"),
    ),
    RemedyId.REMOVE_DS: _R(
        "Or have the DS record removed at the registrar, until DNSSEC works: the domain then counts as unsigned."
    ),
    RemedyId.LIFT_DANE: _R(
        "Until the domain's owner has repaired it, mail can flow if the connector does not look (less secure: nothing "
        "then guards against a forged server).",
        ("Set-OutboundConnector -Identity '{identity}' -SmtpDaneMode None",),
    ),
    RemedyId.PUBLISH_TLSA: _R(
        "Have the domain signed with DNSSEC, and a TLSA record (3 1 1) published for each MX host, under "
        "_25._tcp.<MX host>."
    ),
    RemedyId.MAKE_DANE_OPPORTUNISTIC: _R(
        "Or use DANE where it is offered only.",
        ("Set-OutboundConnector -Identity '{identity}' -SmtpDaneMode Opportunistic",),
    ),
    RemedyId.WITHDRAW_TLSA: _R("Or take the TLSA records out of DNS as long as the server has no working TLS."),
    RemedyId.RENEW_TLSA: _R("Publish the TLSA record of the new certificate before it comes into use."),
    RemedyId.PUBLISH_MATCHING_TLSA: _R(
        "Publish TLSA records for the certificate in use (3 1 1: the SHA-256 of its public key), and at each renewal "
        "those of the next one ahead of it.",
        (
            "openssl s_client -starttls smtp -connect {dial} </dev/null | openssl x509 -noout "
            "-pubkey | openssl pkey -pubin -outform DER | openssl sha256",
        ),
    ),
    RemedyId.ADD_MX_NAME: _R("Use a certificate that carries {server} among its subject alternative names."),
    RemedyId.USE_DANE_EE: _R("Or publish TLSA records with usage 3 (3 1 1), which do not look at the name."),
    RemedyId.LIST_MX_IN_POLICY: _R(
        "Let the policy at https://mta-sts.<domain>/.well-known/mta-sts.txt list every MX host, and change the id in the "
        "TXT record _mta-sts.<domain>."
    ),
    RemedyId.TRACE_MX: _R(
        "Empty the cache of {stale_nameserver}, and ask again for the MX records of {domain}: an old answer is gone "
        "then, and in time it goes by itself. If it comes again, somebody answers in the place of the domain's name servers: "
        "let no mail go to {server}. Exchange Online asks other nameservers, and may well see the right record.",
        ("Clear-DnsServerCache   (Windows DNS server)", "unbound-control flush {mx_domain}"),
    ),
    RemedyId.CORRECT_MX: _R("Or correct the MX record, if mail is not meant to go to {server}."),
    RemedyId.SET_POLICY_TESTING: _R(
        "Or publish the policy with mode: testing until the servers meet it, and change the id in the TXT record."
    ),
    RemedyId.LIFT_MTA_STS: _R(
        "Until the domain's owner has repaired it, mail can flow if the connector does not look (less secure).",
        ("Set-OutboundConnector -Identity '{identity}' -MtaStsMode None",),
    ),
    RemedyId.CONFIGURE_DNSSEC: _R(
        "Name a nameserver that hands DNSSEC records on (--nameserver ADDR), or believe a validating resolver on this "
        "machine (--trust-ad)."
    ),
}

WARNINGS: dict[WarningId, str] = {
    WarningId.DANE_UNDETERMINED: "Whether DANE applies to {server} cannot be told: {dane_question}: {dnssec_reason}. Senders that ask for TLSA records hold mail back while that lasts (RFC 7672 2.1).",
    WarningId.DANE_UNUSABLE: "The TLSA records of {tlsa_name} are not usable for mail ({tlsa_records}): TLS is required, but nothing is checked by them. Usage 3 or 2 is wanted.",
    WarningId.DANE_IN_PLACE: "The certificate would not pass under {mode} ({problem_list}), but it matches the TLSA record {tlsa_matched}. Microsoft's page has the connector's settings apply where the domain has no DANE; if mail queues with 4.7.320 all the same, mend the certificate.",
    WarningId.DANE_NOT_JUDGED: "SmtpDaneMode is Mandatory. How Exchange Online applies it to smart hosts is not documented, and it was not checked.",
    WarningId.MTA_STS_UNUSABLE: "{sts_domain} announces an MTA-STS policy, but there is none that can be used: {sts_problem}.{sts_from_here} Senders that hold an earlier policy keep to it; others go on without one (RFC 8461 3.3).",
    WarningId.MTA_STS_TESTING_HOST: "The MTA-STS policy of {sts_domain} does not list {server}; it is in mode testing, and under enforce mail would queue (4.4.8).",
    WarningId.MTA_STS_TESTING_CERTIFICATE: "The certificate does not meet the MTA-STS policy of {sts_domain} ({sts_problems}); it is in mode testing, and under enforce mail would queue (4.7.5).",
}

ALSO_SEEN: dict[str, str] = {
    "dnssec-as-dns": "Exchange Online may report a DNSSEC failure as a failed DNS query",
    "connector-requires-tls": "from the connector's own TlsSettings",
    "connector-validates": "from the connector's own TlsSettings",
}

TEXT: dict[str, str] = {
    "policy-dane-bogus": "DANE: DNSSEC is broken ({dane_question}: {dnssec_reason}).",
    "policy-dane-absent": "DANE: does not apply ({dane_absence}).",
    "policy-dane-undetermined": "DANE: could not be looked at ({dane_question}: {dnssec_reason}).",
    "policy-dane-tls-only": "DANE: TLSA records, none usable ({tlsa_records}); TLS is required.",
    "policy-dane-applies": "DANE: TLSA records ({tlsa_records}); no TLS to compare them with.",
    "policy-dane-passed": "DANE: the certificate matches TLSA {tlsa_matched}.",
    "policy-dane-failed": "DANE: the certificate fails the TLSA records ({tlsa_records}).",
    "policy-mta-sts-unknown": "MTA-STS: could not be looked at (the TXT record gave no answer).",
    "policy-mta-sts-absent": "MTA-STS: none published.",
    "policy-mta-sts-unusable": "MTA-STS: announced, but there is no usable policy ({sts_problem}).",
    "policy-mta-sts-none": "MTA-STS: policy with mode none.",
    "policy-mta-sts-testing": "MTA-STS: policy with mode testing, for {sts_patterns}.",
    "policy-mta-sts-enforce": "MTA-STS: policy with mode enforce, for {sts_patterns}.",
    "policy-mta-sts-superseded": "MTA-STS: policy with mode {sts_mode}; DANE stands in its place.",
}

FACTS: dict[str, str] = {
    "mx-hint-listed": "The domain's own name servers give other MX hosts, which it does list.",
    "mx-hint-differs": "The domain's own name servers say otherwise.",
    "system-nameserver": "this machine's nameserver",
    "dane-no-address": "{server} has no address",
    "dane-no-tlsa": "there are no TLSA records at {tlsa_name}",
    "dane-unusable": "none of its TLSA records is usable for mail",
    "dane-mismatch": "no TLSA record matches the certificate",
    "dane-not-yet-valid": "the certificate is valid only from {not_before}",
    "dane-path-invalid": "the certificate does not lead to the trust anchor in a valid chain ({anchor_problems})",
    "dnssec-no-answer": "no answer about it came",
    "dnssec-too-slow": "the answers took too long",
    "dnssec-rcode": "the answer is {note}",
    "dnssec-unnameable": "DNS cannot carry this name",
    "dnssec-too-many-aliases": "there are too many aliases",
    "dnssec-zone-unknown": "the answer is not signed",
    "dnssec-no-ds": "{zone} is not signed with DNSSEC (no DS record)",
    "dnssec-unknown-algorithm": "{zone} is signed with an algorithm that is not known here",
    "dnssec-no-anchor": "no trust anchor leads to it",
    "dnssec-anchor-misfit": "the keys of {zone} are not those of the trust anchor",
    "dnssec-root-untimely": "even the root's signatures are out of their time by this machine's clock ({note})",
    "dnssec-ds-unavailable": "the DS records of {zone} could not be had",
    "dnssec-ds-unsigned": "the DS records of {zone} came without a signature",
    "dnssec-keys-unavailable": "the keys of {zone} could not be had",
    "dnssec-keys-missing": "there is a DS record, but no DNSKEY",
    "dnssec-keys-misfit": "no key is the one that the DS record at the parent names",
    "dnssec-signature-missing": "a signature is missing",
    "dnssec-signature-expired": "a signature expired on {note}",
    "dnssec-signature-early": "a signature is valid only from {note}",
    "dnssec-signature-invalid": "a signature by key {note} does not fit the records",
    "dnssec-signed-by-stranger": "records are signed with key {note}, which the zone does not have",
    "dnssec-unproven": "the answer does not prove that there are no records",
    "dnssec-not-authenticated": "the nameserver does not vouch for it (no AD)",
    "dnssec-fails-when-checked": "the nameserver answers SERVFAIL, and with checking disabled it answers",
    "sts-from-here": " So it is from here; a proxy or firewall of this network's looks the same.",
    "sts-record-invalid": "the TXT record is invalid",
    "sts-records-several": "there are several TXT records",
    "sts-host-unresolved": "the policy's host has no address",
    "sts-unreachable": "the policy's host cannot be reached",
    "sts-tls-failed": "TLS with the policy's host fails",
    "sts-certificate-invalid": "the certificate of the policy's host is not valid",
    "sts-http-failed": "no HTTP answer",
    "sts-redirected": "the policy is redirected, which is not followed",
    "sts-http-status": "the policy is not there",
    "sts-media-type": "the policy is no plain text",
    "sts-policy-invalid": "the policy is invalid",
}
