"""What to do, and the commands for it."""

from __future__ import annotations

from connector_probe.model.ids import RemedyId
from connector_probe.wording.catalogue import RemedyWords

_R = RemedyWords

REMEDIES: dict[RemedyId, RemedyWords] = {
    RemedyId.CONTACT_PARTNER: _R("该服务器属于合作伙伴组织：请将以上内容提供给合作伙伴的邮件管理员。"),
    RemedyId.CORRECT_SMART_HOST: _R(
        "检查连接器中的智能主机：Exchange 管理中心 > 邮件流 > 连接器 > 该连接器 > 路由。",
        ("Set-OutboundConnector -Identity '{identity}' -SmartHosts <host>",),
    ),
    RemedyId.CORRECT_DOMAIN: _R("检查连接器中域名的拼写：{mx_domain}。"),
    RemedyId.PUBLISH_MX: _R(
        "在 DNS 托管服务处为 {mx_domain} 发布一条指向其邮件服务器的 MX 记录。", ("nslookup -type=MX {mx_domain}",)
    ),
    RemedyId.REPAIR_MX: _R(
        "更正 {domain} 的 MX 记录：每条记录都必须指向一个存在并接收该域邮件的主机。", ("nslookup -type=MX {mx_domain}",)
    ),
    RemedyId.RENEW_DOMAIN: _R("向域名注册机构确认该域已注册并已委派；如果已过期，请续订。"),
    RemedyId.FIX_DNS: _R(
        "请 DNS 托管服务修复该域的权威名称服务器，并比较它们的应答。",
        ("nslookup -type=NS {parent}", "nslookup {host} <name server>"),
    ),
    RemedyId.REPAIR_DNSSEC: _R(
        "请 DNS 托管服务重新对该区域签名，或者请域名注册机构删除不匹配的 DS 记录。",
        ("delv {host}", "dig +cd {host}"),
    ),
    RemedyId.WAIT_FOR_CACHE: _R(
        "等待旧的应答从缓存中消失，或者清除所查询的 DNS 服务器的缓存。",
        ("Clear-DnsServerCache   (Windows DNS server)", "unbound-control flush {host}"),
    ),
    RemedyId.CHECK_SPLIT_DNS: _R(
        "查看公共 DNS 中的情况：Exchange Online 使用的是公共 DNS，而不是您自己的 DNS 服务器。",
        ("probe --nameserver <public nameserver> {probed}",),
    ),
    RemedyId.ADD_ADDRESS_RECORD: _R("在 DNS 托管服务处为智能主机发布 A 或 AAAA 记录。"),
    RemedyId.FIX_ALIAS: _R("让 CNAME 记录指向具有 A 或 AAAA 记录的名称；MX 记录则不应指向任何别名。"),
    RemedyId.REPLACE_NULL_MX: _R("如果该域应当接收邮件，请将空 MX 记录替换为其邮件服务器；否则将该域从连接器中移除。"),
    RemedyId.CHECK_SERVER_UP: _R("确认服务器正在运行，并且可以从 Internet 通过 {address_or_server} 到达。"),
    RemedyId.CHECK_NETWORK_CHANGE: _R(
        "如果邮件流以前正常：查看网络是否有变化，例如更换了 Internet 提供商，因而地址也变了。"
    ),
    RemedyId.OPEN_PORT_25: _R(
        "为 Exchange Online 的地址范围开放通往服务器的 TCP 端口 25（防火墙、NAT、提供商）："
        "https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges",
    ),
    RemedyId.START_SMTP_SERVICE: _R(
        "确认服务器上的 SMTP 服务正在运行，并在此地址上侦听。",
        ("Get-Service MSExchangeFrontEndTransport", "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled"),
    ),
    RemedyId.DISABLE_CONNECTOR: _R(
        "如果本地已没有邮箱：使用警报中的“立即修复”，或者关闭或删除该连接器（Exchange 管理中心 > 邮件流 > "
        "连接器）；需要 30 到 60 分钟生效。置之不理有可能达到无效收件人的配额。",
        ("Set-OutboundConnector -Identity '{identity}' -Enabled $false",),
    ),
    RemedyId.SET_AUTHORITATIVE: _R(
        "或者将接受的域从“内部中继”改为“权威”（邮件流 > 接受的域）。",
        ("Set-AcceptedDomain -Identity <domain> -DomainType Authoritative",),
    ),
    RemedyId.STOP_PROXY_HEADER: _R(
        "在负载均衡器上对此服务器关闭 PROXY 协议（HAProxy：send-proxy；Traefik：proxyProtocol），或在服务器上仅对负载均衡器的地址启用。",
        ("postconf -e smtpd_upstream_proxy_protocol=haproxy   (Postfix)",),
    ),
    RemedyId.GIVE_ANOTHER_NAME: _R(
        "用服务器接受的名称再次探测：DNS 中存在、并指向本机公网地址的名称。",
        ("probe --helo <name> {host}",),
    ),
    RemedyId.READ_THE_REPLY: _R("服务器在上面自己的应答中说明了原因；请在服务器的日志中查找这一时刻的记录。"),
    RemedyId.CHECK_SERVICE_STATE: _R(
        "在 Exchange 上，确认传输组件处于活动状态，并且没有触发反压。",
        ("Get-ServerComponentState -Identity <server>", "Get-ReceiveConnector | Format-List Identity,Bindings,Enabled"),
    ),
    RemedyId.ALLOW_EXCHANGE_ONLINE: _R(
        "如果原因是阻止列表、速率限制或允许列表：请为 Exchange Online 的地址范围设置例外。"
        "从其他地址进行的探测可能被阻止，而 Exchange Online 没有被阻止，反之亦然。"
    ),
    RemedyId.USE_PLAIN_SMTP_PORT: _R("让智能主机指向支持 STARTTLS 的 SMTP 端口 25：Exchange Online 无法使用隐式 TLS。"),
    RemedyId.SEND_PROXY_HEADER: _R(
        "让智能主机指向负载均衡器，而不是它后面的服务器；或者在此侦听端口上关闭 PROXY 协议"
        "（Postfix smtpd_upstream_proxy_protocol、HAProxy accept-proxy、Traefik proxyProtocol）。",
    ),
    RemedyId.PROBE_AGAIN: _R(
        "这可能是暂时的：请启用重试后再次探测，因为 Exchange Online 也会重试。持续存在的问题才会使邮件被退回。",
        ("probe --retries 3 --retry-delay 60s {host}",),
    ),
    RemedyId.REPAIR_EXCHANGE_CERTIFICATE: _R(
        "修复 Exchange 自身用于 SMTP 的证书：查看事件 12014 (MSExchangeTransport) 和接收连接器的 TlsCertificateName，"
        "然后重新启动传输服务。",
        (
            "Get-ReceiveConnector | Format-List Identity,Fqdn,TlsCertificateName",
            "Get-ExchangeCertificate | Format-List Subject,Issuer,NotAfter,Thumbprint,Services,Status,RootCAType",
            "Get-WinEvent -LogName Application -FilterXPath '*[System[EventID=12014]]' -MaxEvents 5",
        ),
    ),
    RemedyId.CHECK_APPLIANCE: _R(
        "检查前面的防火墙、负载均衡器或邮件网关：在其上安装服务器的证书，或者让它直接放行端口 25 而不触及 TLS。",
    ),
    RemedyId.EXEMPT_PORT_25: _R(
        "在本机所在网络的防火墙中，使本机不受 SMTP 检查和端口 25 重定向的影响 (Cisco: no inspect esmtp)，"
        "或者从没有这些设备的网络进行探测。",
    ),
    RemedyId.POINT_TO_SMTP: _R("让智能主机和端口指向 SMTP 服务；检查端口转发和负载均衡器。"),
    RemedyId.FIX_REPLY_FORMAT: _R(
        "让服务器（或其前面的设备）按 RFC 5321 4.2 的要求发送应答：每行以 CRLF 结束，除最后一行外均为“250-”，"
        "最后一行为“250 ”，所有行使用同一代码。"
    ),
    RemedyId.CHECK_FIREWALL_INSPECTION: _R(
        "在途经的防火墙上关闭 SMTP 数据包检查。",
        ("no inspect esmtp   (Cisco ASA, in the policy map)",),
    ),
    RemedyId.CHECK_SERVER_HEALTH: _R(
        "检查服务器：SMTP 服务是否挂起、崩溃，或者缺少内存、磁盘空间或连接数？其前面的负载均衡器能否找到正常工作的服务器？"
    ),
    RemedyId.CHECK_NETWORK_PATH: _R("请网络团队在防火墙两侧跟踪该连接。"),
    RemedyId.OFFER_STARTTLS: _R(
        "在服务器上启用 TLS：为接收连接器配置有效的证书，并将 AuthMechanism 设为 Tls。",
        (
            "Get-ReceiveConnector | Format-List Identity,AuthMechanism,TlsCertificateName,Fqdn",
            "Get-ExchangeCertificate | Format-List Subject,CertificateDomains,NotAfter,Services,Status",
        ),
    ),
    RemedyId.RELAX_TLS: _R(
        "或者，如果邮件可以不加密传输，让连接器只在服务器提供 TLS 时才使用 TLS。",
        ("Set-OutboundConnector -Identity '{identity}' -TlsSettings $null",),
    ),
    RemedyId.REPAIR_STARTTLS: _R(
        "修复服务器上的 TLS：454 通常表示服务器无法加载其证书或私钥。",
        ("Get-ExchangeCertificate | Format-List Subject,Thumbprint,HasPrivateKey,Services,Status",),
    ),
    RemedyId.CHECK_PATH_MTU: _R(
        "让大数据包能够通过：在防火墙上放行 ICMP“需要分片”（IPv6 为“数据包过大”），或在防火墙、VPN 或隧道上调低 TCP 的 MSS。用下列命令找出仍能通过的大小：",
        ("ping -f -l 1472 {address_or_server}   (Windows; Linux: ping -M do -s 1472 {address_or_server})",),
    ),
    RemedyId.CHECK_TLS_SETTINGS: _R(
        "检查服务器上的 TLS 设置和证书，以及代其终结 TLS 的防火墙或负载均衡器上的 TLS 设置和证书。"
    ),
    RemedyId.ENABLE_TLS12: _R("在服务器（SChannel、OpenSSL 或其前面的设备）上启用 TLS 1.2。"),
    RemedyId.ENABLE_CIPHERS: _R(
        "允许 Microsoft 365 使用的密码套件，例如 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384："
        "https://learn.microsoft.com/purview/technical-reference-details-about-encryption"
    ),
    RemedyId.ENABLE_GROUPS: _R(
        "在服务器上除现有设置外，还允许密钥交换组 P-384 和 P-256（secp384r1、prime256v1），TLS 1.3 还需允许 "
        "TLS_AES_256_GCM_SHA384（Postfix：tls_eecdh_auto_curves）。"
    ),
    RemedyId.TRUST_EXCHANGE_CERTIFICATE: _R(
        "确保服务器信任 Exchange Online 客户端证书的根 (DigiCert Global Root G2)，或者只请求证书而不强制要求证书。"
    ),
    RemedyId.VALIDATE_CONNECTOR: _R(
        "从 Exchange Online 本身进行测试：Exchange 管理中心 > 邮件流 > 连接器 > 验证此连接器。",
        ("Validate-OutboundConnector -Identity '{identity}' -Recipients <address>",),
    ),
    RemedyId.RENEW_CERTIFICATE: _R(
        "在服务器（或终结 TLS 的设备）上安装有效的证书，并将其分配给 SMTP。",
        (
            "Get-ExchangeCertificate | Format-List Subject,NotAfter,Thumbprint,Services",
            "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
        ),
    ),
    RemedyId.REPLACE_REVOKED: _R(
        "已吊销的证书不会重新生效：请让 CA 颁发新证书（如果旧密钥已泄露，须使用新密钥；如果吊销的是 CA 自己的证书，"
        "须使用新的证书链），连同中间证书一起安装，并将其分配给 SMTP。",
        (
            "Get-ExchangeCertificate | Format-List Subject,SerialNumber,Thumbprint,Services",
            "Enable-ExchangeCertificate -Thumbprint <thumbprint> -Services SMTP",
        ),
    ),
    RemedyId.WAIT_FOR_VALIDITY: _R("等到证书生效之日再使用，或者检查颁发 CA 的时钟。"),
    RemedyId.ADD_NAME: _R(
        "使用在使用者可选名称中包含 {expected} 的证书。",
        ("Get-ExchangeCertificate | Format-List Subject,CertificateDomains,Thumbprint,Services",),
    ),
    RemedyId.CHANGE_TLS_DOMAIN: _R(
        "或者让连接器预期证书中已有的名称。",
        ("Set-OutboundConnector -Identity '{identity}' -TlsSettings DomainValidation -TlsDomain <name>",),
    ),
    RemedyId.COMPARE_SERVERS: _R("如果此名称后面有多台服务器，请比较它们的证书：可能只有一台有问题。"),
    RemedyId.INSTALL_PUBLIC_CERTIFICATE: _R(
        "使用 Microsoft 根证书计划中的 CA 颁发的证书，并在服务器上安装其完整的证书链。"
    ),
    RemedyId.INSTALL_INTERMEDIATE: _R(
        "在服务器上安装该 CA 当前的中间证书，使服务器发送完整的证书链。{install_hint}",
        ("openssl s_client -starttls smtp -showcerts -connect {dial}",),
    ),
    RemedyId.REISSUE_FOR_SERVERS: _R("申请用于服务器身份验证 (EKU 1.3.6.1.5.5.7.3.1) 的证书。"),
    RemedyId.REISSUE_STRONG: _R("重新申请证书：RSA 2048 位或以上，使用 SHA-256 或更强的算法签名。"),
    RemedyId.REISSUE_WELLFORMED: _R("重新申请证书：其编码违反了 RFC 5280。"),
    RemedyId.ALLOW_RELAY: _R("确认服务器接受 Exchange Online 发往此收件人的邮件（接受的域、中继权限）。"),
    RemedyId.RELIEVE_SERVER: _R(
        "释放服务器所缺的资源：队列所在卷的磁盘空间、内存、连接数。在 Exchange 上，查看有关反压的事件（15004 至 15007）。"
    ),
    RemedyId.TRY_AGAIN: _R("几分钟后再次探测；会重试的发送方通常能够通过。"),
    RemedyId.ALLOW_BOTH_FAMILIES: _R("不带 -4 或 -6 进行探测：Exchange Online 两类地址都使用，IPv6 优先。"),
    RemedyId.CONFIGURE_NAMESERVER: _R("修复本机的 DNS 设置，或指定其他 DNS 服务器：--nameserver ADDR。"),
    RemedyId.CHECK_LOCAL_ROUTE: _R("检查本机的网络：地址、网关和路由（IPv4 和 IPv6 分别检查）。"),
    RemedyId.CHECK_LOCAL_FIREWALL: _R("在本机的防火墙或安全策略中允许此端口的出站连接。"),
    RemedyId.CHECK_OUTGOING_PORT: _R("在本机和网络的防火墙中允许出站 TCP 端口 25；许多提供商和云会阻止该端口。"),
    RemedyId.SET_CLOCK: _R("校准本机的时钟 (NTP)，然后再次探测；或者使用 --as-of 按指定的日期判断。"),
    RemedyId.CORRECT_SOURCE_ADDRESS: _R("使用 --source-address 指定本机的某个地址，或者不使用该选项。"),
    RemedyId.FREE_RESOURCES: _R("在本机上关闭一些连接或提高限制（打开的文件数、端口数），然后再次探测。"),
    RemedyId.RUN_TO_THE_END: _R("再次探测，并让运行完整结束。"),
    RemedyId.PROBE_FROM_ELSEWHERE: _R(
        "目前对服务器的情况一无所知。请从另一台计算机或另一个网络进行探测（其端口 25 须开放：许多云会阻止该端口），"
        "或者从 Exchange Online 本身进行：邮件流 > 连接器 > 验证此连接器。",
        ("probe {host}", "Validate-OutboundConnector -Identity '{identity}' -Recipients <address>"),
    ),
    RemedyId.EXEMPT_FROM_INSPECTION: _R(
        "在防火墙上让到此服务器的 SMTP（端口 25）不做 TLS 检查，使 Exchange Online 看到服务器自己的证书。",
        ("openssl s_client -starttls smtp -showcerts -connect {dial}",),
    ),
    RemedyId.CHECK_WHERE_IT_LEADS: _R(
        "检查 {address} 指向何处：{server} 的 A 或 AAAA 记录及其后的 NAT 或负载均衡规则应指向预期的服务器；此处应答的是 {greeting_name}。",
        ("nslookup {host}",),
    ),
    RemedyId.PUBLISH_PUBLIC_ADDRESS: _R(
        "让 {server} 的公共记录指向可从互联网访问的地址：{address} 是专用地址。", ("nslookup {host}",)
    ),
    RemedyId.CHECK_NAT: _R(
        "检查 {address} 的 NAT 或端口转发规则，以及其后的服务器是否正常运行：持有该地址的设备得不到它的应答。"
    ),
    RemedyId.CHECK_MAIL_FILTER: _R(
        "检查服务器的邮件系统：该时间的日志、内容过滤器（milter）及其套接字、可用磁盘空间。问题不在 TLS。"
    ),
}
