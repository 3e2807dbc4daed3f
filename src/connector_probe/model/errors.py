"""What all errors that are told to a person have in common."""

from __future__ import annotations


class HintedError(Exception):
    """``str()`` says what is wrong in one line; ``hint`` says what to do, "" where nothing is known."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
