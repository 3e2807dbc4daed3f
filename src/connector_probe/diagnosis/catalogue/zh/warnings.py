"""What needs a person although mail flows; other codes that a fault is seen under; notes."""

from __future__ import annotations

WARNINGS: dict[str, str] = {
    "certificate-expires-soon": "证书将于 {not_after} 过期，还剩 {days_left} 天。",
    "issuer-expires-soon": "证书链中的 {expiring_issuer} 将于 {issuer_not_after} 过期。",
    "certificate-would-fail": "证书有问题，但当前的 TLS 设置不检查这些问题：{problem_list}。",
    "starttls-not-offered": "服务器不提供 STARTTLS：邮件将以未加密方式传输。{starttls_hint}",
    "starttls-rejected": "服务器拒绝 STARTTLS ({reply})：邮件将以未加密方式传输。",
    "banner-masked": "问候语被星号遮盖：有防火墙在检查 SMTP（Cisco ESMTP 检查会这样做）。",
    "keywords-masked": "EHLO 关键字被覆盖 ({masked})：有防火墙在检查 SMTP（Cisco ESMTP 检查会这样做）。",
    "plaintext-injection": "对 STARTTLS 的 220 应答之后还有明文，已丢弃：{injected}。服务器或途中的某一方在注入命令 (CVE-2011-0411)。",
    "slow-reply": "服务器用了 {slowest} 才应答 {slow_command}；发送方可能会放弃。",
    "malformed-reply": "有应答违反了 SMTP 规则（{flaws}）；严格的发送方可能会放弃。",
    "address-failing": "{endpoint} 失败：{title} ({code})。{detail}",
    "address-not-tested": "无法从这里测试 {endpoint}：{detail}",
    "lookup-failed": "对 {server} 的 {rdtype} 查询失败 ({lookup})；Exchange Online 也会进行该查询。",
    "retry-cleared": "重试后，先前的失败已消除：{earlier}。",
    "unequal-verdicts": "到 {endpoint} 的 {total} 个连接中有 {bad} 个失败 ({classes})，其余正常：同一地址后面的服务器不一致；约 {percent}% 的邮件会滞留在队列中。",
    "unequal-certificates": "到 {server} 的 {total} 个连接遇到了 {number} 个不同的证书 (SHA-1 {prints})：同一名称后面的服务器不一致。",
    "unequal-starttls": "到 {server} 的 {total} 个连接中有 {bad} 个没有提供 STARTTLS，其余提供：同一名称后面的服务器不一致。",
    "unequal-banners": "到 {server} 的 {total} 个连接遇到了 {number} 种不同的问候语 ({greetings})：同一名称后面有多台服务器。",
    "routes-to-exchange-online": "智能主机又指回 Exchange Online ({loop_name})：邮件可能会循环。",
    "ecdsa-certificate": "证书的密钥为 {leaf_key}；Microsoft 只列出使用 RSA 证书的密码套件。",
    "helo-only": "服务器不支持 EHLO，只支持 HELO：没有 TLS，也没有扩展。",
    "addresses-left-out": "只探测了前 {probed} 个地址；其余 {left_out} 个没有探测。",
}

ALSO_SEEN: dict[str, str] = {
    "traces-since-2023": "2023 年以来的邮件跟踪",
    "ndrs-2026": "2026 年的 NDR",
    "recipient-domain": "收件人的域本身不存在时",
    "silence-untraced": "没有已知的邮件跟踪显示缺少问候语的情况；也可能是此代码",
    "sample-2022": "2022 年的一份邮件跟踪",
}

NOTES: dict[str, str] = {
    "vantage": "探测是从本机进行的：没有使用 Exchange Online 的地址，也没有其客户端证书。",
    "roots": "信任是根据以下根判断的：{trust}。Exchange Online 使用 Microsoft 的根证书计划。",
    "private-address": "{address} 不是公共地址；无论它在这里如何应答，Exchange Online 都无法到达。",
    "as-of": "证书是按 {as_of} 这一时刻判断的。",
}
