"""已知情况比类别更具体时的首句：用几个字说明坏在哪里。"""

from __future__ import annotations

HEADINGS: dict[str, str] = {
    "dnssec-broken": "该名称所在区域的 DNSSEC 已损坏",
    "domain-expired": "域的注册已到期",
    "not-delegated": "该域没有委派：已到期，或从未注册",
    "not-delegated-but-registered": "该域已注册，但没有委派",
    "authorities-disagree": "该名称的各权威服务器应答不一致",
    "authorities-fail": "该名称的权威服务器没有给出应有的应答",
    "nameserver-fails": "DNS 服务器出现故障，而权威服务器有应答",
    "old-answer": "DNS 服务器保留着旧的应答",
    "other-answer": "DNS 服务器与权威服务器的应答不同",
    "own-zone": "DNS 服务器有自己的区域，内容与公网不同（拆分 DNS）",
    "mx-others-listed": "MX 记录与该域自己的名称服务器给出的不同",
    "proxy-protocol": "服务器在等待 PROXY 协议头",
    "proxy-header-sent": "服务器收到了它不支持的 PROXY 协议头",
    "implicit-tls": "该端口从第一个字节起就使用 TLS",
    "other-protocol": "该端口使用 {protocol}，而不是 SMTP",
    "too-many-connections": "服务器暂时不再接受更多连接",
    "helo-name": "服务器不接受本探测在 EHLO 中的名称",
    "helo-only": "服务器不支持 EHLO，因此没有 STARTTLS",
    "command-overwritten": "检查 SMTP 的防火墙改写了 STARTTLS",
    "starttls-ends-session": "服务器在 STARTTLS 时结束了会话",
    "starttls-masked": "检查 SMTP 的防火墙隐藏了 STARTTLS",
    "starttls-beside-masked-banner": "没有 STARTTLS，且防火墙遮盖了问候语",
    "exchange-hides-starttls": "Exchange 隐藏了 STARTTLS：它的证书很可能有问题",
    "large-packets-lost": "来自服务器的大数据包在途中丢失",
    "appliance-certificate": "证书中的名称是 {appliance}，而不是服务器",
    "sender-rejected": "服务器拒绝 MAIL FROM",
    "sender-deferred": "服务器在 MAIL FROM 时推迟了邮件",
}
