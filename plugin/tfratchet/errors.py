"""Errors that a user can put right: what is wrong, where, and what to do. Shown as one line, without a traceback."""

from __future__ import annotations


class UserError(Exception):
    """Raised for anything that the user can put right; the command ends with exit code 2.

    ``message`` says what is wrong, ``where`` the file (and line) or option it is about, ``hint`` what to do.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        """``where: message (hint)``, on one line."""
        text = f"{self.where}: {self.message}" if self.where else self.message
        if self.hint:
            text += f" ({self.hint})"
        return " ".join(text.split())
