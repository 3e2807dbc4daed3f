"""The bounce clock: when mail that queues now starts to bounce; and durations of hours and days."""

from __future__ import annotations

CLOCK: dict[str, str] = {
    "from-now": "Mail queued from now on starts to bounce in {left} ({bounces_at}).",
    "left": "Failing since {since}: queued mail starts to bounce in {left} ({bounces_at}).",
    "bouncing": "Failing since {since}: queued mail has been bouncing since {bounces_at}.",
    "left-by": "Failing since {since} at the latest (mail flowed on {flowed_at}): queued mail starts to bounce in {left} at the latest ({bounces_at}).",
    "left-perhaps": "Failing since {since} at the latest (mail flowed on {flowed_at}): queued mail starts to bounce in {left} at the latest ({bounces_at}), and may bounce already.",
    "left-unseen": "Seen failing since {since}: mail queued since then starts to bounce in {left} ({bounces_at}), older mail sooner.",
    "bouncing-by": "Failing since {since} at the latest: queued mail has been bouncing since {bounces_at} at the latest.",
    "days": "{days} d {hours} h",
    "hours": "{hours} h",
    "hours-minutes": "{hours} h {minutes} m",
    "minutes": "{minutes} m",
    "moment": "less than a minute",
}
