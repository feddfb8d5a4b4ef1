"""What is logged names nobody, since erasure reaches no log: addresses and phone numbers that texts of errors hold are struck out."""

import logging
import re

# Of a link with a name and a password in it, as of a database, the password goes with it.
_ADDRESS = re.compile(r"[^\s@<>\"'`(),;:=\[\]{}/]+(?:@|%40)[^\W_][\w.-]*", re.I)
_PHONE = re.compile(r"(?<![\w+])\+[1-9][0-9]{6,14}(?![0-9])")


def nameless(text: str) -> str:
    return _PHONE.sub("[phone]", _ADDRESS.sub("[address]", text))


class Nameless(logging.Formatter):
    """A line and its traceback: PostgreSQL tells in an error which value it was about."""

    def format(self, record: logging.LogRecord) -> str:
        return nameless(super().format(record))
