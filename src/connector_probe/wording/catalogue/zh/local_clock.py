"""What speaks against this machine's clock; each follows "this machine's clock says ...," in a sentence."""

from __future__ import annotations

from connector_probe.model.ids import EvidenceId, WarningId

LOCAL_CLOCK: dict[str, str] = {
    "between-clock-signs": "，",
    "clock-greeting": "而服务器的问候语显示 {clock_time}",
    "clock-control": "而 {clock_by} 的问候语显示 {clock_time}",
    "clock-http": "而 Web 服务器 {clock_by} 显示 {clock_time}",
    "clock-release": "早于本程序的发布日期 ({released})",
    "clock-roots-begun": "按此时间，{total} 个受信任的根中有 {number} 个尚未生效",
    "clock-roots-ended": "按此时间，{total} 个受信任的根中有 {number} 个已过期",
    "clock-root-begun": "而 DNS 根区的签名自 {clock_time} 起才有效",
    "clock-root-ended": "而 DNS 根区的签名（有效期为三周）已于 {clock_time} 失效",
    "clock-staple": "而服务器随附的 OCSP 响应生成于 {clock_time}",
    "clock-unsure": "其日期是否也有问题无法判断：本机的时钟显示 {judged_at}，{clock_hint}。",
}

EVIDENCE: dict[EvidenceId, str] = {
    EvidenceId.EXPIRED_BY_OUR_CLOCK: "证书于 {not_after} 过期，但所依据的时钟不可信：本机的时钟显示 {judged_at}，{clock_hint}。",
}

WARNINGS: dict[WarningId, str] = {
    WarningId.CLOCK_DOUBTFUL: "按本机的时钟，证书不在有效期内，但该时钟不可信：它显示 {judged_at}，{clock_hint}。",
}

NOTES: dict[str, str] = {
    "clock-behind": "本机的时钟慢了：它显示 {judged_at}，{clock_hint}。按此时钟仍然有效的证书可能已经过期。",
}
