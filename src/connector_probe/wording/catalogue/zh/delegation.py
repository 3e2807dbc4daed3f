"""What the delegation and the authoritative servers say of the causes of a failed lookup."""

from __future__ import annotations

from connector_probe.model.ids import EvidenceId

DELEGATION: dict[EvidenceId, str] = {
    EvidenceId.WALK_UNANSWERED: "从此处直接查询时，没有任何根服务器或权威服务器应答（出站端口 53 是否被阻止或重定向？），因此对该域无法作出更多判断。",
    EvidenceId.DNSSEC_BOGUS: "关闭验证 (CD) 时 {recheck_nameserver} 能够应答 {recheck_asked}，开启验证时则为 SERVFAIL：DNSSEC 已损坏{recheck_error}。",
    EvidenceId.DNSSEC_WHY: "在本机验证：{recheck_zone} 中，{recheck_reason}。",
    EvidenceId.AUTHORITIES_DISAGREE: "各权威服务器的应答不一致：{disagreement}。",
    EvidenceId.AUTHORITIES_OUT_OF_STEP: "它的权威服务器上是同一区域的不同版本：{versions}。发送方遇到哪一个全凭偶然。",
    EvidenceId.AUTHORITIES_FAIL: "{zone} 的服务器都没有给出权威应答：{failed_list}。",
    EvidenceId.SOME_AUTHORITIES_FAIL: "{zone} 的以下服务器没有给出权威应答：{failed_list}。",
    EvidenceId.AUTHORITIES_ANSWER: "直接查询时，{authority_label} 的应答为：{authority_said}。",
    EvidenceId.AUTHORITIES_ANSWER_US: "从此处直接查询时，{authority_label} 的应答为：{authority_said}。问题出在 {nameserver} 与该服务器之间。",
    EvidenceId.AUTHORITY_SAYS: "直接查询时，{authority_label} 的应答为：{authority_said}。",
    EvidenceId.AUTHORITY_SAME: "{same_label} 的应答相同：{same_said}。",
    EvidenceId.NOT_DELEGATED: "{authority_label} 应答 NXDOMAIN：{registry_zone} 的注册管理机构没有委派 {registered_domain}。该域已过期，或者从未注册。",
    EvidenceId.NO_SUCH_TOP_LEVEL: "{authority_label} 应答：不存在这样的顶级域。",
    EvidenceId.DELEGATED_TO: "{registered_domain} 委派给 {delegated_to}。",
    EvidenceId.RDAP_REGISTERED: "注册管理机构 (RDAP) 关于 {rdap_domain} 的应答：注册有效期至 {rdap_expires}，状态 {rdap_statuses}，注册服务机构 {rdap_registrar}。",
    EvidenceId.RDAP_UNKNOWN: "注册管理机构 (RDAP) 没有 {rdap_domain} 的记录：该域从未注册，或者其注册早已终止。",
    EvidenceId.RDAP_UNREACHABLE: "无法向注册管理机构 (RDAP) 查询：{rdap_fault}。",
    EvidenceId.PARKED_AT: "{registered_domain} 委派给 {parked}，从名称看，它是为过期域名提供服务的。",
    EvidenceId.STALE_DIFFERS: "{stale_authority} 的应答为：{stale_theirs}。{stale_nameserver} 的应答仍为：{stale_ours}。",
    EvidenceId.TTL_LEFT: "该应答还可能在其缓存中保留 {ttl_left} 秒。",
    EvidenceId.NO_SOA: "其应答中没有 SOA 记录；过滤器的应答也是如此。",
    EvidenceId.OWN_ZONE: "{stale_nameserver} 的应答来自它自己的区域，而不是来自缓存。",
}

# What a server says; the rest is codes and records.
SERVERS: dict[str, str] = {
    "hint-bogus": "其 DNSSEC 已损坏：关闭验证后即可得到应答。",
    "hint-bogus-why": "其 DNSSEC 已损坏：{recheck_zone} 中，{recheck_reason}。",
    "hint-stale": "权威服务器的应答与此不同：{stale_theirs}。",
    "hint-split": "委派所指向的权威服务器的应答与此不同。",
    "hint-undelegated": "注册管理机构没有委派 {registered_domain}：该域已过期，或者从未注册。",
    "hint-expired": "{rdap_domain} 的注册已到期。",
    "hint-registered": "{registered_domain} 虽已注册，但注册管理机构没有委派它。",
    "hint-disagree": "其各权威服务器的应答不一致。",
    "hint-fail": "其权威服务器都没有正确应答。",
    "hint-answer": "直接查询时，其权威服务器能够应答。",
    "server-nodata": "无此类记录",
    "server-nxdomain": "名称不存在",
    "server-not-authoritative": "非权威应答",
    "server-refused": "被拒绝",
    "server-servfail": "服务器失败",
    "server-other-rcode": "其他响应代码",
    "server-malformed": "格式错误",
    "server-truncated": "被截断",
    "server-timed-out": "超时",
    "server-unreachable": "无法到达",
    "server-not-asked": "未查询",
    "not-asked-no-address": "其名称没有地址",
    "not-asked-inside": "未查询，因为该地址是专用地址",
    "not-asked-no-way-out": "未查询，因为从此处无法发往该地址",
}

WALKS: dict[str, str] = {
    "walk": "关于 {name} 的直接查询，从根服务器开始：{path}",
    "walk-nameserver": "关于 {name} 的直接查询，以 DNS 服务器的应答为起点：{path}",
    "walk-incomplete": "所允许的时间先用完了。",
}
