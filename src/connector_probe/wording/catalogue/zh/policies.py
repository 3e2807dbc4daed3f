"""DNSSEC, SMTP DANE and MTA-STS: the words of every kind."""

from __future__ import annotations

from connector_probe.model.ids import CauseId, EvidenceId, RemedyId, WarningId
from connector_probe.model.verdict import FailureClass as F
from connector_probe.wording.catalogue import ClassWords, RemedyWords

_W, _R = ClassWords, RemedyWords

CLASSES: dict[F, ClassWords] = {
    F.DANE_DNSSEC_INVALID: _W(
        "DNSSEC 已损坏",
        "{nameserver_or_system} 给出的 {dane_question} 未通过验证：在区域 {dnssec_zone} 中，{dnssec_reason}。",
    ),
    F.DANE_REQUIRED: _W(
        "要求 DANE，而该域不支持",
        "连接器的 SmtpDaneMode 为 Mandatory，而 DANE 不适用于 {server}：{dane_absence}。",
    ),
    F.DANE_STARTTLS_NOT_SUPPORTED: _W(
        "有 TLSA 记录，但没有 STARTTLS", "{tlsa_name} 有 TLSA 记录，因此必须使用 TLS。{trouble}"
    ),
    F.DANE_TLS_FAILED: _W("有 TLSA 记录，但 TLS 失败", "{tlsa_name} 有 TLSA 记录，因此必须使用 TLS。{trouble}"),
    F.DANE_CERTIFICATE_EXPIRED: _W("证书已过期", "证书与 TLSA 记录 {tlsa_matched} 匹配，但已于 {not_after} 过期。"),
    F.DANE_TLSA_INVALID: _W(
        "TLSA 记录与证书不符",
        "{server} 的 DANE 验证失败：{dane_failure}（TLSA {tlsa_name}：{tlsa_records}）。",
    ),
    F.DANE_HOST_MISMATCH: _W(
        "证书中的名称不符",
        "证书由 TLSA 记录 {tlsa_matched} 指定的颁发者签发，但其名称为 {names}；应为 {server}。",
    ),
    F.MTA_STS_MX_NOT_LISTED: _W(
        "MX 主机不在 MTA-STS 策略中",
        "{sts_url} 处的策略（模式 enforce）列出了 {sts_patterns}，没有 {server}。{sts_mx_hint}",
    ),
    F.MTA_STS_TLS_REQUIRED: _W(
        "MTA-STS 策略要求 TLS", "{sts_url} 处的策略（模式 enforce）要求 TLS，而服务器不提供 TLS。"
    ),
    F.MTA_STS_CERTIFICATE: _W(
        "证书不符合 MTA-STS 策略",
        "{sts_url} 处的策略（模式 enforce）要求证书对 {server} 有效；发现的问题：{sts_problems}。",
    ),
    F.LOCAL_DNSSEC: _W(
        "从这里无法验证 DNSSEC",
        "连接器的 SmtpDaneMode 为 Mandatory，而无法判断 DANE 是否适用：{dane_question}：{dnssec_reason}。",
    ),
}

CAUSES: dict[CauseId, str] = {
    CauseId.DNSSEC_CHAIN_BROKEN: "信任链断裂：父区域的 DS 记录所指的密钥在该区域中不存在。",
    CauseId.DNSSEC_SIGNATURE_UNTIMELY: "签名目前不在有效期内：已过期，或尚未生效。",
    CauseId.DNSSEC_TAMPERED: "记录与该区域签名的内容不同：更改后没有重新签名，或在途中被改动。",
    CauseId.DANE_NOT_OFFERED: "该域不支持带 DNSSEC 的 SMTP DANE。",
    CauseId.DANE_WITHOUT_STARTTLS: "该域发布了 TLSA 记录，而其服务器不提供 TLS。",
    CauseId.DANE_WITHOUT_TLS: "该域发布了 TLSA 记录，而其服务器的 TLS 无法正常工作。",
    CauseId.TLSA_OUTDATED: "TLSA 记录属于另一个证书：证书已续订或更换，但没有发布新的记录。",
    CauseId.TLSA_MALFORMED: "TLSA 记录配置有误，无法使用。",
    CauseId.CERTIFICATE_NOT_YET_VALID: "证书尚未生效。",
    CauseId.DANE_PATH_INVALID: "证书未能通过有效的链到达 TLSA 记录所指的信任锚。",
    CauseId.DANE_OTHER_SERVER: "在该地址应答的是另一台服务器：其后的多台服务器之一、防火墙，或者攻击者。",
    CauseId.DANE_NAME_MISSING: "证书中没有 MX 主机的名称，而用法为 2 的 TLSA 记录要求该名称。",
    CauseId.STS_POLICY_OUTDATED: "MX 记录已更改，而策略没有随之更改。",
    CauseId.STS_MX_REDIRECTED: "MX 记录有误，或者有人伪造了它：MTA-STS 正是为防范这一点而设。",
    CauseId.STS_WITHOUT_STARTTLS: "该域的 MTA-STS 策略要求 TLS，而其服务器不支持 TLS。",
    CauseId.STS_CERTIFICATE_INVALID: "服务器的证书对 MX 主机无效，不符合该域自己的策略。",
}

EVIDENCE: dict[EvidenceId, str] = {
    EvidenceId.DNSSEC_FOUND: "在 {dnssec_zone} 中，{dnssec_reason}。",
    EvidenceId.DANE_ABSENCE: "{server}：{dane_absence}。",
    EvidenceId.TLSA_PUBLISHED: "{tlsa_name} 的记录：{tlsa_records}。",
    EvidenceId.TLSA_COMPARED: "{tlsa_name} 的记录：{tlsa_records}；没有一条与服务器发送的证书匹配。",
    EvidenceId.TLSA_FITS_AS: "{tlsa_misnumbered} 若写作 {tlsa_fits_as} 即可匹配：用途 3 表示服务器自己的证书，2 表示颁发者的证书；选择器 1 表示公钥，0 表示整张证书。",
    EvidenceId.TLSA_OF_THIS_CHAIN: "它正是服务器所发送内容的记录。",
    EvidenceId.TLSA_UNUSABLE: "无法使用：{tlsa_unusable}。",
    EvidenceId.ANCHOR_PROBLEMS: "发现的问题：{anchor_problems}。",
    EvidenceId.COMPARE_ISSUER: "证书的颁发者是 {top_issuer}。",
    EvidenceId.MX_NAME_DIFFERS: "证书中的名称为 {names}；应为 {server}。",
    EvidenceId.STS_LISTED: "策略列出了 {sts_patterns}。",
    EvidenceId.STS_PROBLEMS: "发现的问题：{sts_problems}。",
    EvidenceId.MX_OTHERS_LISTED: "直接询问 {stale_authority}，其应答为：{stale_theirs}，与策略所列一致。而 {stale_nameserver} 的应答为：{stale_ours}。",
    EvidenceId.MX_DIFFERS: "直接询问 {stale_authority}，其应答为：{stale_theirs}。而 {stale_nameserver} 的应答为：{stale_ours}。",
    EvidenceId.MX_ALL_LISTED: "策略所列的正是直接询问 {stale_authority} 得到的应答：{stale_theirs}。",
    EvidenceId.MX_SAME: "直接询问 {same_label}，其应答同样包含 {server}，这不支持“途中有人伪造”的推测。该记录是否正确，只有域的所有者知道。",
    EvidenceId.MX_SECURE: "DNSSEC 证实了 {mx_nameserver} 的应答：它出自该区域本身。",
    EvidenceId.MX_FROM_SOURCE: "{mx_nameserver} 以权威身份应答该域。该记录是否正确，只有域的所有者知道。",
    EvidenceId.TTL_LONGER: "它在缓存中还可保留 {ttl_left} 秒，比该区域目前给出的时间（{ttl_zone} 秒）更长。",
}

REMEDIES: dict[RemedyId, RemedyWords] = {
    RemedyId.REPAIR_DNSSEC_CHAIN: _R(
        "请 DNS 托管服务修复 DNSSEC：重新对区域签名，并使注册商处的 DS 记录指向该区域中存在的密钥。",
        ("dig +dnssec +cd {parent} DNSKEY", "dig +dnssec {parent} DS"),
    ),
    RemedyId.REMOVE_DS: _R("或者在 DNSSEC 恢复正常之前，从注册商处删除 DS 记录：此时该域视为未签名。"),
    RemedyId.LIFT_DANE: _R(
        "在该域的所有者修复之前，可以让连接器不进行检查，使邮件得以传递（安全性降低：无法再防范伪造的服务器）。",
        ("Set-OutboundConnector -Identity '{identity}' -SmtpDaneMode None",),
    ),
    RemedyId.PUBLISH_TLSA: _R(
        "为该域启用 DNSSEC 签名，并在 _25._tcp.<MX 主机> 处为每台 MX 主机发布一条 TLSA 记录 (3 1 1)。"
    ),
    RemedyId.MAKE_DANE_OPPORTUNISTIC: _R(
        "或者仅在对方支持时使用 DANE。",
        ("Set-OutboundConnector -Identity '{identity}' -SmtpDaneMode Opportunistic",),
    ),
    RemedyId.WITHDRAW_TLSA: _R("或者在服务器的 TLS 恢复正常之前，从 DNS 中撤下 TLSA 记录。"),
    RemedyId.RENEW_TLSA: _R("在新证书投入使用之前，发布其 TLSA 记录。"),
    RemedyId.PUBLISH_MATCHING_TLSA: _R(
        "为正在使用的证书发布 TLSA 记录（3 1 1：其公钥的 SHA-256），并在每次续订之前先发布下一个证书的记录。",
        (
            "openssl s_client -starttls smtp -connect {dial} </dev/null | openssl x509 -noout "
            "-pubkey | openssl pkey -pubin -outform DER | openssl sha256",
        ),
    ),
    RemedyId.ADD_MX_NAME: _R("使用使用者可选名称中包含 {server} 的证书。"),
    RemedyId.USE_DANE_EE: _R("或者发布用法为 3 的 TLSA 记录 (3 1 1)，它们不检查名称。"),
    RemedyId.LIST_MX_IN_POLICY: _R(
        "使 https://mta-sts.<域>/.well-known/mta-sts.txt 处的策略列出每台 MX 主机，并更改 TXT 记录 _mta-sts.<域> 中的 id。"
    ),
    RemedyId.TRACE_MX: _R(
        "清除 {stale_nameserver} 的缓存，然后重新查询 {domain} 的 MX 记录：如果是旧的应答，清除后即告消失，到期后也会自行消失。"
        "如果该应答再次出现，则说明有人在代替该域的名称服务器应答：不要让邮件发往 {server}。"
        "Exchange Online 查询的是其他 DNS 服务器，看到的很可能是正确的记录。",
        ("Clear-DnsServerCache   (Windows DNS server)", "unbound-control flush {mx_domain}"),
    ),
    RemedyId.CORRECT_MX: _R("或者，如果邮件不应发往 {server}，请更正 MX 记录。"),
    RemedyId.SET_POLICY_TESTING: _R("或者在服务器符合策略之前，以 mode: testing 发布策略，并更改 TXT 记录中的 id。"),
    RemedyId.LIFT_MTA_STS: _R(
        "在该域的所有者修复之前，可以让连接器不进行检查，使邮件得以传递（安全性降低）。",
        ("Set-OutboundConnector -Identity '{identity}' -MtaStsMode None",),
    ),
    RemedyId.CONFIGURE_DNSSEC: _R(
        "指定能够传递 DNSSEC 记录的 DNS 服务器 (--nameserver ADDR)，或者信任本机上进行验证的解析器 (--trust-ad)。"
    ),
}

WARNINGS: dict[WarningId, str] = {
    WarningId.DANE_UNDETERMINED: "无法判断 DANE 是否适用于 {server}：{dane_question}：{dnssec_reason}。在此期间，查询 TLSA 记录的发送方会暂缓发送邮件 (RFC 7672 2.1)。",
    WarningId.DANE_UNUSABLE: "{tlsa_name} 的 TLSA 记录不能用于邮件 ({tlsa_records})：必须使用 TLS，但不据此检查任何内容。请使用用法 3 或 2。",
    WarningId.DANE_IN_PLACE: "证书在 {mode} 下无法通过 ({problem_list})，但与 TLSA 记录 {tlsa_matched} 匹配。根据 Microsoft 的页面，连接器的设置在该域不支持 DANE 时适用；如果邮件仍因 4.7.320 滞留在队列中，请修复证书。",
    WarningId.DANE_NOT_JUDGED: "SmtpDaneMode 为 Mandatory。Exchange Online 如何将其用于智能主机没有公开的说明，因此未作检查。",
    WarningId.MTA_STS_UNUSABLE: "{sts_domain} 声明了 MTA-STS 策略，但没有可用的策略：{sts_problem}。{sts_from_here}持有先前策略的发送方会继续遵循它；其他发送方会在没有策略的情况下继续（RFC 8461 3.3）。",
    WarningId.MTA_STS_TESTING_HOST: "{sts_domain} 的 MTA-STS 策略没有列出 {server}；该策略处于 testing 模式，在 enforce 模式下邮件会排队 (4.4.8)。",
    WarningId.MTA_STS_TESTING_CERTIFICATE: "证书不符合 {sts_domain} 的 MTA-STS 策略 ({sts_problems})；该策略处于 testing 模式，在 enforce 模式下邮件会排队 (4.7.5)。",
}

ALSO_SEEN: dict[str, str] = {
    "dnssec-as-dns": "Exchange Online 可能将 DNSSEC 失败报告为 DNS 查询失败",
    "connector-requires-tls": "由连接器自身的 TlsSettings 引起",
    "connector-validates": "由连接器自身的 TlsSettings 引起",
}

TEXT: dict[str, str] = {
    "policy-dane-bogus": "DANE：DNSSEC 已损坏（{dane_question}：{dnssec_reason}）。",
    "policy-dane-absent": "DANE：不适用（{dane_absence}）。",
    "policy-dane-undetermined": "DANE：无法查看（{dane_question}：{dnssec_reason}）。",
    "policy-dane-tls-only": "DANE：有 TLSA 记录，但均不可用 ({tlsa_records})；必须使用 TLS。",
    "policy-dane-applies": "DANE：有 TLSA 记录 ({tlsa_records})；没有 TLS 可供比较。",
    "policy-dane-passed": "DANE：证书与 TLSA {tlsa_matched} 匹配。",
    "policy-dane-failed": "DANE：证书未通过 TLSA 记录 ({tlsa_records})。",
    "policy-mta-sts-unknown": "MTA-STS：无法查看（TXT 记录没有应答）。",
    "policy-mta-sts-absent": "MTA-STS：未发布。",
    "policy-mta-sts-unusable": "MTA-STS：已声明，但没有可用的策略（{sts_problem}）。",
    "policy-mta-sts-none": "MTA-STS：模式为 none 的策略。",
    "policy-mta-sts-testing": "MTA-STS：模式为 testing 的策略，适用于 {sts_patterns}。",
    "policy-mta-sts-enforce": "MTA-STS：模式为 enforce 的策略，适用于 {sts_patterns}。",
    "policy-mta-sts-superseded": "MTA-STS：模式为 {sts_mode} 的策略；由 DANE 代替。",
}

FACTS: dict[str, str] = {
    "mx-hint-listed": "该域自己的名称服务器给出的是另外的 MX 主机，策略列出了这些主机。",
    "mx-hint-differs": "该域自己的名称服务器的应答与此不同。",
    "system-nameserver": "本机的 DNS 服务器",
    "dane-no-address": "{server} 没有地址",
    "dane-no-tlsa": "{tlsa_name} 处没有 TLSA 记录",
    "dane-unusable": "其 TLSA 记录均不能用于邮件",
    "dane-mismatch": "没有与证书匹配的 TLSA 记录",
    "dane-not-yet-valid": "证书自 {not_before} 起才有效",
    "dane-path-invalid": "证书未能通过有效的链到达信任锚 ({anchor_problems})",
    "dnssec-no-answer": "没有得到应答",
    "dnssec-too-slow": "应答耗时过长",
    "dnssec-rcode": "应答为 {note}",
    "dnssec-unnameable": "DNS 无法承载该名称",
    "dnssec-too-many-aliases": "别名过多",
    "dnssec-zone-unknown": "应答没有签名",
    "dnssec-no-ds": "{zone} 没有使用 DNSSEC 签名（没有 DS 记录）",
    "dnssec-unknown-algorithm": "{zone} 使用了此处未知的算法签名",
    "dnssec-no-anchor": "没有通往它的信任锚",
    "dnssec-anchor-misfit": "{zone} 的密钥与信任锚不符",
    "dnssec-root-untimely": "按本机的时钟，连根区的签名都不在有效期内 ({note})",
    "dnssec-ds-unavailable": "无法获得 {zone} 的 DS 记录",
    "dnssec-ds-unsigned": "{zone} 的 DS 记录没有签名",
    "dnssec-keys-unavailable": "无法获得 {zone} 的密钥",
    "dnssec-keys-missing": "有 DS 记录，但没有 DNSKEY",
    "dnssec-keys-misfit": "没有父区域 DS 记录所指的密钥",
    "dnssec-signature-missing": "缺少签名",
    "dnssec-signature-expired": "签名已于 {note} 过期",
    "dnssec-signature-early": "签名自 {note} 起才有效",
    "dnssec-signature-invalid": "密钥 {note} 的签名与记录不符",
    "dnssec-signed-by-stranger": "记录由密钥 {note} 签名，而该区域没有这个密钥",
    "dnssec-unproven": "应答没有证明记录不存在",
    "dnssec-not-authenticated": "DNS 服务器没有确认其真实性（未设置 AD）",
    "dnssec-fails-when-checked": "DNS 服务器应答 SERVFAIL，而禁用检查时则能应答",
    "sts-from-here": "这是从此处看到的情况；本网络的代理或防火墙也会造成同样的现象。",
    "sts-record-invalid": "TXT 记录无效",
    "sts-records-several": "有多条 TXT 记录",
    "sts-host-unresolved": "策略主机没有地址",
    "sts-unreachable": "无法连接到策略主机",
    "sts-tls-failed": "与策略主机建立 TLS 失败",
    "sts-certificate-invalid": "策略主机的证书无效",
    "sts-http-failed": "没有 HTTP 应答",
    "sts-redirected": "策略被重定向，而重定向不予跟随",
    "sts-http-status": "策略不存在",
    "sts-media-type": "策略不是纯文本",
    "sts-policy-invalid": "策略无效",
}
