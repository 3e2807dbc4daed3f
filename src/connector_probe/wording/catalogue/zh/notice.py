"""The words of a notification: short, for a telephone."""

from __future__ import annotations

NOTICE: dict[str, str] = {
    "title": "{status}：{name}：{headline}",
    "title-several": "connector-probe：{counts}",
    "cause": "原因（{verdict}）：{cause}",
    "remedy": "处理方法：{remedy}",
    "expected": "已恢复为预期状态。",
    "failed": "故障从 {since} 持续到 {at}（{lasting}）。",
    "more": "另有 {count} 个：请用 probe history 查看。",
    "from": "于 {at} 从 {host} 探测。",
}
