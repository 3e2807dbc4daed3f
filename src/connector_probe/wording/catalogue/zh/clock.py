"""The bounce clock: when mail that queues now starts to bounce; and durations of hours and days."""

from __future__ import annotations

CLOCK: dict[str, str] = {
    "from-now": "从现在起排队的邮件将在 {left}后（{bounces_at}）开始被退回。",
    "left": "自 {since} 起出现故障：排队的邮件将在 {left}后（{bounces_at}）开始被退回。",
    "bouncing": "自 {since} 起出现故障：排队的邮件自 {bounces_at} 起已在被退回。",
    "left-by": "最迟自 {since} 起出现故障（{flowed_at} 时邮件还能送达）：排队的邮件最迟将在 {left}后（{bounces_at}）开始被退回。",
    "left-perhaps": "最迟自 {since} 起出现故障（{flowed_at} 时邮件还能送达）：排队的邮件最迟将在 {left}后（{bounces_at}）开始被退回，也可能已经在被退回。",
    "left-unseen": "自 {since} 起发现故障：从那时起排队的邮件将在 {left}后（{bounces_at}）开始被退回，更早排队的邮件会更早被退回。",
    "bouncing-by": "最迟自 {since} 起出现故障：排队的邮件最迟自 {bounces_at} 起已在被退回。",
    "days": "{days} 天 {hours} 小时",
    "hours": "{hours} 小时",
    "hours-minutes": "{hours} 小时 {minutes} 分钟",
    "minutes": "{minutes} 分钟",
    "moment": "不到 1 分钟",
}
