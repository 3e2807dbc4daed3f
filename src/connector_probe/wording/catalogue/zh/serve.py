"""The words of ``probe serve``'s pages."""

from __future__ import annotations

SERVE: dict[str, str] = {
    "fails-from-places": "仅从 {places} 邮件无法送达，其他位置正常：故障在该位置自己的线路上，而不在服务器。",
}
