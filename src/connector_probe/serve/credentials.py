"""Who may use the server: a token, or a name and the hash of a password. Nothing in here is ever logged or shown."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from connector_probe.model.errors import HintedError

SHORTEST_TOKEN = 16  # characters; a password, which people choose, goes in as its hash
MAX_PRESENTED = 1024  # of an Authorization header's value
_SCRYPT = "scrypt"
_LOG_COST, _BLOCK, _PARALLEL = 14, 8, 1  # 16 MiB and some 50 ms a try (RFC 7914; OWASP's floor has more memory)
_MAX_LOG_COST = 17
_REMEMBERED = 256


class CredentialsError(HintedError, ValueError):
    """What cannot be used. ``hint`` says what to do; neither shows a secret."""


@dataclass(frozen=True, slots=True)
class _Password:
    """A user's password as scrypt makes it."""

    log_cost: int
    block: int
    parallel: int
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    def fits(self, password: str) -> bool:
        made = _scrypt(password, self.salt, self.log_cost, self.block, self.parallel)
        return hmac.compare_digest(made, self.digest)


class Credentials:
    """One or more lines, each a TOKEN, or USER:HASH as ``hashed`` makes it; blank ones and # comments aside."""

    def __init__(self, text: str, where: str) -> None:
        """Raises CredentialsError; ``where`` is what it calls the source."""
        self._tokens: list[bytes] = []
        self._users: dict[str, _Password] = {}
        self._good: dict[bytes, None] = {}
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if line and not line.startswith("#"):
                self._read(line, f"{where}, line {number}")
        if not self._tokens and not self._users:
            raise CredentialsError(f"{where} holds no token", "a random one: openssl rand -hex 24")

    def accepts(self, header: str) -> bool:
        """Whether an Authorization header's value (RFC 7235) is good; slow where a password is hashed."""
        if len(header) > MAX_PRESENTED:
            return False
        scheme, _, given = header.partition(" ")
        given = given.strip()
        if scheme.lower() == "bearer":
            return self._is_token(given)
        if scheme.lower() != "basic":
            return False
        try:
            user, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return bool(colon) and (self._is_token(password) or self._is_password(user, password))

    def _is_token(self, given: str) -> bool:
        return any(hmac.compare_digest(given.encode(), token) for token in self._tokens)

    def _is_password(self, user: str, password: str) -> bool:
        known = self._users.get(user)
        if known is None:
            return False
        seen = hashlib.sha256(known.salt + password.encode()).digest()  # in memory alone, so that scrypt runs once
        if seen in self._good:
            return True
        if not known.fits(password):
            return False
        self._good[seen] = None
        if len(self._good) > _REMEMBERED:
            del self._good[next(iter(self._good))]
        return True

    def _read(self, line: str, where: str) -> None:
        user, colon, rest = line.partition(":")
        if colon and rest.startswith(f"{_SCRYPT}$"):
            self._users[user] = _password(rest, where)
        elif len(line) < SHORTEST_TOKEN:
            raise CredentialsError(
                f"{where}: a token of fewer than {SHORTEST_TOKEN} characters", "a random one: openssl rand -hex 24"
            )
        elif not line.isascii() or not line.isprintable() or " " in line:
            raise CredentialsError(f"{where}: a token has only visible ASCII characters", "openssl rand -hex 24")
        else:
            self._tokens.append(line.encode())


def hashed(user: str, password: str) -> str:
    """The line for ``user``."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _LOG_COST, _BLOCK, _PARALLEL)
    return f"{user}:{_SCRYPT}${_LOG_COST}${_BLOCK}${_PARALLEL}${_text(salt)}${_text(digest)}"


def _password(text: str, where: str) -> _Password:
    try:
        _, cost, block, parallel, salt, digest = text.split("$")
        made = _Password(
            int(cost), int(block), int(parallel), base64.b64decode(salt, validate=True), base64.b64decode(digest)
        )
        if not (1 <= made.log_cost <= _MAX_LOG_COST and 1 <= made.block <= 16 and 1 <= made.parallel <= 4):
            raise ValueError
        if len(made.digest) != 32 or not made.salt:
            raise ValueError
    except (ValueError, binascii.Error):
        raise CredentialsError(f"{where} is not USER:HASH", "make one with: probe serve --hash-password USER") from None
    return made


def _scrypt(password: str, salt: bytes, log_cost: int, block: int, parallel: int) -> bytes:
    most = 256 * 1024 * 1024
    return hashlib.scrypt(password.encode(), salt=salt, n=2**log_cost, r=block, p=parallel, maxmem=most, dklen=32)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
