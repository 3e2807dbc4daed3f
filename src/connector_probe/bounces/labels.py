"""Facts that stand on lines of their own behind an error: "Message: ...", a table's cells, a reason without a label."""

from __future__ import annotations

import re

from connector_probe.bounces.patterns import pattern
from connector_probe.bounces.phrases import own_words
from connector_probe.bounces.replies import CODE, line_end
from connector_probe.bounces.surroundings import one_line

_MAX_LINES = 24
_LABELS = {
    label: key
    for key, labels in {
        "message": "message msg reason error errormessage lasterror detail details errordetails response 消息 原因 错误"
        " 错误消息 错误信息 详细信息 响应 メッセージ 理由 エラー エラーメッセージ 詳細 応答 grund fehler raison erreur",
        "server": "lastattemptedservername fqdn server servername remoteserver receivingserver destinationserver"
        " targetserver smarthost host 服务器 目标服务器 接收服务器 远程服务器 智能主机 サーバー 受信サーバー"
        " 宛先サーバー リモートサーバー スマートホスト",
        "address": "lastattemptedip ip ipaddress serverip destinationip ip地址 地址 ipアドレス アドレス",
        "time": "lrt lastretrytime lasttime time date timestamp 时间 日期 日時 時刻",
    }.items()
    for label in labels.split()
}
_LABELLED = pattern(r"[\s#*|_-]{0,8}(?P<label>[^:=|]{1,40}?)[\s*_`]{0,4}[:=|]\s?(?P<value>.*)")
_ANOTHER = pattern(r"\{\s?LED\s?=|\breturned\s+['\"‘“]|\b(?:Final-Recipient|Diagnostic-Code|Status):", re.IGNORECASE)
_NO_LETTERS = pattern(r"[\W_]+")


def labelled_lines(behind: str, *, wants_message: bool) -> tuple[dict[str, str], int]:
    """What the lines of ``behind`` tell of the error in front of it, up to the next error: facts by "message",

    "server", "address" and "time", and where the last line that was used ends.

    ``wants_message``: a line without a label may be the reason that the error does not give itself.
    """
    facts: dict[str, str] = {}
    at = used = lines = 0
    waiting = ""  # the label whose value stands on the next line
    while at < len(behind) and lines < _MAX_LINES:
        newline = behind.find("\n", at)
        end = newline if newline >= 0 else len(behind)
        line = behind[at:end]
        start, at, lines = at, end + 1, lines + 1
        if not line.strip():
            continue
        if _ANOTHER.search(line) is not None:
            break
        match = _LABELLED.match(line)
        key = _LABELS.get(_plain(match["label"]), "") if match is not None else ""
        if waiting and not key:
            key, value = waiting, start
        elif match is not None and key:
            value = start + match.start("value")
        else:
            waiting = _LABELS.get(_plain(line), "")
            if waiting:
                continue
            key = "message" if wants_message and own_words(behind[start : start + 600]) is not None else ""
            value = start
        waiting = ""
        if not key:
            if (code := CODE.search(line)) is not None and code["reply"] is not None:
                break
            continue
        if not behind[value:end].strip():
            waiting = key
            continue
        stop = max(end, value + line_end(behind[value : value + 600])) if key == "message" else end
        if key not in facts:
            facts[key] = one_line(behind[value:stop])
        used = at = max(at, stop)
    return facts, used


def _plain(label: str) -> str:
    return _NO_LETTERS.sub("", label).casefold()
