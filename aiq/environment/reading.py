"""The environment, read so that a wrong value is noted and a harmless default takes its place."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult

import environ


@dataclass(frozen=True, slots=True)
class Problem:
    """One value of the environment that cannot be used: id of its system check, what is wrong, how to mend it."""

    check: str
    message: str
    hint: str


class Env(environ.FileAwareEnv):
    """django-environ that notes a wrong value, uses the default in its place, and strips the newline of NAME_FILE."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []

    def get_value(self, var: str, cast: Any = None, default: Any = None, parse_default: bool = False) -> Any:
        try:
            value = super().get_value(var, cast=cast, default=default, parse_default=parse_default)
        except OSError as error:
            self.note(
                "aiq.E007", f"{var}_FILE cannot be read: {error.strerror}.", f"Let {var}_FILE name a readable file."
            )
            return default
        except (ValueError, TypeError, environ.ImproperlyConfigured):
            self.note(
                "aiq.E006", f"{var} has a value that cannot be used.", f"Unset {var} for the default, {default!r}."
            )
            return default
        return value.strip() if isinstance(value, str) else value

    def note(self, check: str, message: str, hint: str) -> None:
        """Remember a problem for the system checks."""
        self.problems.append(Problem(check, message, hint))


def port_of(parts: SplitResult) -> int | None:
    """The port given, None for none, 0 for one that is no port."""
    try:
        return parts.port
    except ValueError:
        return 0
