"""The bounce clock: when mail that queues now starts to bounce; and durations of hours and days."""

from __future__ import annotations

CLOCK: dict[str, str] = {
    "from-now": "从现在起排队的邮件将在 {left}后（{bounces_at}）开始被退回。",
    "left": "自 {since} 起出现故障：排队的邮件将在 {left}后（{bounces_at}）开始被退回。",
    "bouncing": "自 {since} 起出现故障：排队的邮件自 {bounces_at} 起已在被退回。",
    "days": "{days} 天 {hours} 小时",
    "hours": "{hours} 小时",
    "hours-minutes": "{hours} 小时 {minutes} 分钟",
    "minutes": "{minutes} 分钟",
    "moment": "不到 1 分钟",
}
