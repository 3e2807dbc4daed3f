"""已知情况比类别更具体时的首句：用几个字说明坏在哪里。"""

from __future__ import annotations

from connector_probe.model.ids import HeadingId

HEADINGS: dict[HeadingId, str] = {
    HeadingId.DNSSEC_BROKEN: "该名称所在区域的 DNSSEC 已损坏",
    HeadingId.DOMAIN_EXPIRED: "域的注册已到期",
    HeadingId.NOT_DELEGATED: "该域没有委派：已到期，或从未注册",
    HeadingId.NOT_DELEGATED_BUT_REGISTERED: "该域已注册，但没有委派",
    HeadingId.AUTHORITIES_DISAGREE: "该名称的各权威服务器应答不一致",
    HeadingId.AUTHORITIES_FAIL: "该名称的权威服务器没有给出应有的应答",
    HeadingId.NAMESERVER_FAILS: "DNS 服务器出现故障，而权威服务器有应答",
    HeadingId.OLD_ANSWER: "DNS 服务器保留着旧的应答",
    HeadingId.OTHER_ANSWER: "DNS 服务器与权威服务器的应答不同",
    HeadingId.OWN_ZONE: "DNS 服务器有自己的区域，内容与公网不同（拆分 DNS）",
    HeadingId.MX_OTHERS_LISTED: "MX 记录与该域自己的名称服务器给出的不同",
    HeadingId.PROXY_PROTOCOL: "服务器在等待 PROXY 协议头",
    HeadingId.PROXY_HEADER_SENT: "服务器收到了它不支持的 PROXY 协议头",
    HeadingId.IMPLICIT_TLS: "该端口从第一个字节起就使用 TLS",
    HeadingId.OTHER_PROTOCOL: "该端口使用 {protocol}，而不是 SMTP",
    HeadingId.TOO_MANY_CONNECTIONS: "服务器暂时不再接受更多连接",
    HeadingId.HELO_NAME: "服务器不接受本探测在 EHLO 中的名称",
    HeadingId.HELO_ONLY: "服务器不支持 EHLO，因此没有 STARTTLS",
    HeadingId.COMMAND_OVERWRITTEN: "检查 SMTP 的防火墙改写了 STARTTLS",
    HeadingId.STARTTLS_ENDS_SESSION: "服务器在 STARTTLS 时结束了会话",
    HeadingId.STARTTLS_TAKEN: "服务器接受 STARTTLS，但 EHLO 没有列出它",
    HeadingId.STARTTLS_MASKED: "检查 SMTP 的防火墙隐藏了 STARTTLS",
    HeadingId.STARTTLS_BESIDE_MASKED_BANNER: "没有 STARTTLS，且防火墙遮盖了问候语",
    HeadingId.EXCHANGE_HIDES_STARTTLS: "Exchange 隐藏了 STARTTLS：它的证书很可能有问题",
    HeadingId.LARGE_PACKETS_LOST: "来自服务器的大数据包在途中丢失",
    HeadingId.APPLIANCE_CERTIFICATE: "证书中的名称是 {appliance}，而不是服务器",
    HeadingId.SENDER_REJECTED: "服务器拒绝 MAIL FROM",
    HeadingId.SENDER_DEFERRED: "服务器在 MAIL FROM 时推迟了邮件",
    HeadingId.TLS_INSPECTION: "防火墙重新签发了服务器的证书（TLS 检查）",
    HeadingId.ANOTHER_HOST_ANSWERS: "应答的是另一台主机：{greeting_name}",
    HeadingId.ADDRESS_OF_NOBODY_OUTSIDE: "从互联网无法到达 {address}",
    HeadingId.NAT_TO_A_DEAD_HOST: "该地址上的防火墙得不到其后服务器的应答（NAT）",
    HeadingId.FIREWALL_REJECTS: "防火墙拒绝了连接",
    HeadingId.MAIL_SYSTEM_REFUSES: "服务器的邮件系统在 STARTTLS 处拒绝了会话",
}
