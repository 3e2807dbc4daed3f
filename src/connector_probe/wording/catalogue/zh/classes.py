"""A title and a sentence for each failure class."""

from __future__ import annotations

from connector_probe.model.verdict import FailureClass as F
from connector_probe.wording.catalogue import ClassWords

_W = ClassWords

CLASSES: dict[F, ClassWords] = {
    F.DNS_NXDOMAIN: _W("该名称不存在", "{nameserver} 应答 NXDOMAIN：DNS 中没有名称 {queried}。{mx_hint}{dns_hint}"),
    F.DNS_NO_ADDRESS: _W(
        "该名称没有地址", "{nameserver} 对 {queried} 作出了应答，但没有 A 记录，也没有 AAAA 记录。{mx_hint}{dns_hint}"
    ),
    F.DNS_SERVFAIL: _W(
        "DNS 服务器得不到可用的应答（SERVFAIL）",
        "{nameserver} 对 {queried} 应答 {rcode}：它自己也没有得到可用的应答。{dns_hint}",
    ),
    F.DNS_REFUSED: _W("DNS 查询被拒绝", "{nameserver} 对 {queried} 应答 REFUSED。{dns_hint}"),
    F.DNS_TIMEOUT: _W(
        "DNS 查询没有得到应答",
        "{nameserver} 对 {queried} 没有应答 ({lookup})，尽管{nameserver_alive}。{dns_hint}",
    ),
    F.DNS_MALFORMED: _W("DNS 应答无法使用", "{nameserver} 就 {queried} 返回的不是有效应答：{lookup}。{dns_hint}"),
    F.DNS_CNAME_LOOP: _W("该名称的别名没有结果", "CNAME 记录形成循环或链条过长：{aliases}。"),
    F.DNS_NULL_MX: _W(
        "该域不接收邮件", "{domain} 的 MX 记录为“{null_mx}”（空 MX，RFC 7505）：该域拒收所有邮件。{mx_hint}{dns_hint}"
    ),
    F.TCP_REFUSED: _W("连接被拒绝", "{endpoint} 在 {connect_seconds} 后拒绝了连接（{refused_by}）。{dns_hint}"),
    F.TCP_TIMEOUT: _W("连接超时", "{endpoint} 在 {connect_seconds} 内没有应答。{dns_hint}"),
    F.TCP_UNREACHABLE: _W("无法到达服务器", "没有通往 {endpoint} 的路径：{fault}。{dns_hint}"),
    F.BANNER_TIMEOUT: _W(
        "没有问候语",
        "{endpoint} 接受了连接，但在 {waited} 内没有发送完整的 220 问候语。{sample_note}",
    ),
    F.BANNER_CLOSED: _W(
        "发送问候语之前连接被关闭", "{endpoint} 在 {waited} 后关闭了连接，没有发送问候语。{sample_note}"
    ),
    F.BANNER_RESET: _W(
        "发送问候语之前连接被重置", "{endpoint} 在 {waited} 后重置了连接，没有发送问候语。{sample_note}"
    ),
    F.BANNER_REJECTED: _W("服务器拒绝此连接", "服务器的问候语不是 220，而是：{reply}{source_hint}"),
    F.BANNER_NOT_SMTP: _W("这不是 SMTP 问候语", "收到的内容不是有效的 SMTP 问候语{protocol_hint}：{sample}"),
    F.EHLO_TIMEOUT: _W("EHLO 没有得到应答", "服务器发送了问候语，但在 {waited} 内没有应答 EHLO。{sample_note}"),
    F.EHLO_CLOSED: _W("EHLO 之后连接被关闭", "服务器发送了问候语，随后在 EHLO 时关闭了连接。{sample_note}"),
    F.EHLO_RESET: _W("EHLO 之后连接被重置", "服务器发送了问候语，随后连接在 EHLO 时被重置。{sample_note}"),
    F.EHLO_REJECTED: _W("EHLO 被拒绝", "服务器对 {refused_verb} 的应答为：{reply}{ehlo_hint}{source_hint}"),
    F.EHLO_MALFORMED: _W("对 EHLO 的应答格式错误", "对 EHLO 的应答违反了 SMTP 规则（{flaws}）：{sample}"),
    F.STARTTLS_NOT_OFFERED: _W(
        "服务器不提供 STARTTLS",
        "连接器要求 TLS，而{no_starttls}。{starttls_hint}",
    ),
    F.STARTTLS_REJECTED: _W("STARTTLS 被拒绝", "服务器提供 STARTTLS，但对该命令的应答为：{reply}{overwritten_hint}"),
    F.STARTTLS_TIMEOUT: _W("STARTTLS 没有得到应答", "服务器在 {waited} 内没有应答 STARTTLS。{sample_note}"),
    F.STARTTLS_CLOSED: _W("STARTTLS 时连接被关闭", "收到 STARTTLS 后，服务器关闭了连接。{sample_note}"),
    F.STARTTLS_RESET: _W("STARTTLS 时连接被重置", "发送 STARTTLS 后，连接被重置。{sample_note}"),
    F.STARTTLS_MALFORMED: _W("对 STARTTLS 的应答格式错误", "对 STARTTLS 的应答不是 SMTP 应答：{sample}"),
    F.TLS_TIMEOUT: _W("TLS 握手停滞", "服务器对 STARTTLS 应答 220 之后，TLS 握手在 {waited} 内没有完成。"),
    F.TLS_CLOSED: _W("TLS 握手期间连接被关闭", "服务器在 TLS 握手的中途关闭了连接。"),
    F.TLS_RESET: _W("TLS 握手期间连接被重置", "连接在 TLS 握手的中途被重置。"),
    F.TLS_ALERT: _W("服务器中止了 TLS", "服务器以警报“{alert}”中止了 TLS。{alert_hint}"),
    F.TLS_NOT_TLS: _W("服务器没有使用 TLS", "服务器对 STARTTLS 应答 220 之后，收到的内容不是 TLS：{tls_sample}"),
    F.TLS_PROTOCOL: _W("服务器的 TLS 出错", "服务器的 TLS 消息无法理解：{fault}。"),
    F.TLS_VERSION: _W(
        "服务器的 TLS 版本过旧",
        "{tls_version_seen}；Exchange Online 使用 TLS 1.2 或更高版本，从不使用 TLS 1.0 或 1.1。",
    ),
    F.TLS_CIPHER: _W(
        "没有共同的密码套件",
        "服务器同意使用 {cipher}，而拒绝使用 Microsoft 所列密码套件进行的握手。没有迹象表明 Exchange Online 还有其他套件。",
    ),
    F.TLS_CLIENT_CERTIFICATE: _W(
        "服务器要求客户端证书",
        "服务器要求客户端证书，没有得到，便结束了会话。{said}Exchange Online 会出示自己的证书 "
        "(CN=mail.protection.outlook.com)，而本探测程序没有证书：因此从这里无法判断 Exchange Online 会遇到什么情况。",
    ),
    F.SESSION_TIMEOUT: _W("TLS 建立之后没有应答", "TLS 已建立，但其中的 EHLO 在 {waited} 内没有得到应答。"),
    F.SESSION_CLOSED: _W("TLS 建立之后连接被关闭", "TLS 已建立，随后服务器在 EHLO 时关闭了连接。"),
    F.SESSION_RESET: _W("TLS 建立之后连接被重置", "TLS 已建立，随后连接在 EHLO 时被重置。"),
    F.SESSION_REJECTED: _W("TLS 建立之后 EHLO 被拒绝", "TLS 已建立，随后服务器对 EHLO 的应答为：{reply}{source_hint}"),
    F.SESSION_MALFORMED: _W("TLS 建立之后的应答格式错误", "TLS 已建立，随后收到的内容不是 SMTP：{sample}"),
    F.CERTIFICATE_EXPIRED: _W("证书已过期", "{server} 的证书已于 {not_after} 过期。{more_problems}"),
    F.CERTIFICATE_NOT_YET_VALID: _W("证书尚未生效", "{server} 的证书自 {not_before} 起才有效。{more_problems}"),
    F.CERTIFICATE_NAME_MISMATCH: _W(
        "证书中的名称不符", "连接器预期的名称为 {expected}，而证书的名称为 {names}。{name_hint}{more_problems}"
    ),
    F.CERTIFICATE_COMMON_NAME_ONLY: _W(
        "该名称只出现在公用名中",
        "证书只在使用者的 CN 中包含 {expected}，而没有将其列为使用者可选名称 (RFC 9525)。{more_problems}",
    ),
    F.CERTIFICATE_SELF_SIGNED: _W("证书是自签名证书", "{server} 的证书由其自身签名，不受信任。{more_problems}"),
    F.CERTIFICATE_UNTRUSTED_ROOT: _W(
        "证书的根不受信任", "证书链终止于 {top_issuer}，它不是受信任的根。{chain_hint}{more_problems}"
    ),
    F.CERTIFICATE_MISSING_INTERMEDIATE: _W(
        "证书链不完整",
        "服务器没有发送 {top_issuer} 的证书，而 Exchange Online 不会自行获取。{issuer_hint}{chain_hint}{more_problems}",
    ),
    F.CERTIFICATE_ISSUER_EXPIRED: _W(
        "证书链中的上级证书已过期", "证书链中的 {problem_subject} 已于 {problem_note} 过期。{more_problems}"
    ),
    F.CERTIFICATE_ISSUER_NOT_YET_VALID: _W(
        "证书链中的上级证书尚未生效",
        "证书链中的 {problem_subject} 自 {problem_note} 起才有效。{more_problems}",
    ),
    F.CERTIFICATE_BAD_SIGNATURE: _W(
        "证书链中的签名有误", "{problem_subject} 的签名与其颁发者的密钥不匹配。{more_problems}"
    ),
    F.CERTIFICATE_INVALID_CA: _W(
        "证书链中的颁发者不是 CA", "{problem_subject} 签发了证书，但未标记为 CA。{more_problems}"
    ),
    F.CERTIFICATE_PATH_TOO_LONG: _W(
        "证书链超过允许的长度", "{problem_subject} 不允许其下有证书链中这么多级 CA。{more_problems}"
    ),
    F.CERTIFICATE_NAME_CONSTRAINT: _W(
        "该 CA 无权签发此名称", "证书链中的名称约束排除了 {problem_subject} 的某个名称。{more_problems}"
    ),
    F.CERTIFICATE_WRONG_PURPOSE: _W(
        "证书不能用于服务器", "{problem_subject} 的用途不是 TLS 服务器（{problem_note}）。{more_problems}"
    ),
    F.CERTIFICATE_WEAK_KEY: _W("密钥强度不足", "{problem_subject} 的密钥强度不足：{problem_note}。{more_problems}"),
    F.CERTIFICATE_WEAK_SIGNATURE: _W(
        "签名算法强度不足",
        "{problem_subject} 使用 {problem_note} 签名；Exchange Online 自 2016 年 6 月起不再接受 SHA-1。{more_problems}",
    ),
    F.CERTIFICATE_UNPARSEABLE_EXTENSION: _W(
        "某个扩展无法读取", "{problem_subject} 中有一个扩展不符合其格式：{problem_note}。{more_problems}"
    ),
    F.CERTIFICATE_UNKNOWN_CRITICAL_EXTENSION: _W(
        "未知的扩展被标记为关键扩展",
        "{problem_subject} 中有未知的关键扩展 {problem_note}。{more_problems}",
    ),
    F.CERTIFICATE_UNPARSEABLE_CERTIFICATE: _W(
        "某个证书无法读取", "证书链中有一个证书无法解析：{problem_note}。{more_problems}"
    ),
    F.CERTIFICATE_REVOKED: _W(
        "证书已被吊销",
        "{revoked_what} 已于 {revoked_on} 被 {revoked_issuer} 吊销{revoked_reason}，依据：{revoked_source}。{more_problems}",
    ),
    F.CERTIFICATE_INVALID_PATH: _W("证书链无效", "{server} 的证书链无法通过验证：{problem_note}。{more_problems}"),
    F.RECIPIENT_REJECTED: _W("收件人被拒绝", "服务器对 {refused_command} 应答：{reply}"),
    F.RECIPIENT_DEFERRED: _W("收件人被推迟", "服务器对 {refused_command} 应答：{reply}"),
    F.RECIPIENT_CUT: _W("在收件人阶段中断", "会话在 MAIL FROM 或 RCPT TO 时中断（{fault}）。{sample_note}"),
    F.LOCAL_FAMILY_EXCLUDED: _W("没有可探测的地址", "{server} 只有被排除的那一类地址：{excluded}。"),
    F.LOCAL_NO_NAMESERVER: _W("本机没有 DNS 服务器", "本机没有配置 DNS 服务器，因此无法查询 {server}。"),
    F.LOCAL_NAMESERVER_SILENT: _W(
        "DNS 服务器无法正常工作",
        "{nameserver} 什么都不解析，连关于根的查询也不应答（{lookup}；根：{control}）。",
    ),
    F.LOCAL_NAMESERVER_CUT_OFF: _W(
        "DNS 服务器解析不了任何互联网名称",
        "{nameserver} 对 {queried} 没有给出可用的应答（{lookup}），对确实存在的 {counter_host} 也没有（{counter_lookup}）："
        "问题出在本机的 DNS 服务器，或它通往互联网的路径。",
    ),
    F.LOCAL_NAMESERVER_UNTRUE: _W(
        "DNS 服务器的应答与 DNS 中的实际内容不符",
        "{nameserver} {untrue}。Exchange Online 使用其他 DNS 服务器，因此从此处无法判断该服务器的状况。",
    ),
    F.LOCAL_NO_ROUTE: _W("本机没有通往该处的路由", "本机没有通往 {endpoint} 的路由：{fault}。{ipv6_hint}"),
    F.LOCAL_GATEWAY: _W("本机的网关没有应答", "数据包无法从本机所在网络到达 {endpoint}：{fault}。{ipv6_hint}"),
    F.LOCAL_IPV6: _W(
        "IPv6 出不了本机网络",
        "无法到达 {endpoint}（{fault}），但对所有人都应答的 {control_host} [{control_address}]:25 通过 IPv6 同样无法到达："
        "本机的 IPv6 无法正常工作，或者 IPv6 上的端口 25 被阻止。{ipv6_hint}",
    ),
    F.LOCAL_OFFLINE: _W(
        "本机似乎与网络断开",
        "{endpoint} 没有应答（{fault}），但向 {control_nameserver} 查询 {control_host} 时同样没有应答：没有迹象表明有任何应答能够返回本机。",
    ),
    F.LOCAL_PORT_BLOCKED: _W(
        "此处的端口 25 被阻止",
        "无法到达 {endpoint}（{fault}），但对所有人都应答的 {control_host} [{control_address}]:25 "
        "同样无法到达：发往端口 25 的连接出不了本机或其所在网络。",
    ),
    F.LOCAL_INTERCEPTED: _W("本网络截取了端口 25", "{intercepted}：是本机所在网络的代理或防火墙在代替它们应答。"),
    F.LOCAL_STARTTLS_STRIPPED: _W(
        "本网络去掉了 STARTTLS",
        "{endpoint} 似乎不提供 STARTTLS，但对所有人都提供 STARTTLS 的 {control_host} [{control_address}]:25 "
        "同样没有提供：本机所在网络的防火墙在检查 SMTP。经过该防火墙，{control_host} 的问候语为“{control_banner}”，"
        "列出的关键字为 {control_keywords}。",
    ),
    F.LOCAL_CLOCK: _W("本机的时钟不可信", "无法判断证书和签名的日期：本机的时钟显示 {judged_at}，{clock_hint}。"),
    F.LOCAL_NOT_PERMITTED: _W("本机禁止此连接", "本机自己的防火墙或策略禁止连接到 {endpoint}：{fault}。"),
    F.LOCAL_SOURCE_ADDRESS: _W("源地址不可用", "无法从 {source} 发起连接：{fault}。"),
    F.LOCAL_RESOURCES: _W("本机无法打开连接", "操作系统拒绝了该调用：{fault}。"),
    F.LOCAL_INTERRUPTED: _W("运行已停止", "在对 {server} 的探测完成之前，运行已被停止：对其情况一无所知。"),
}
