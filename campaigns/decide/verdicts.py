"""What a decision is made of: what each rule saw, and what follows from all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns import reasons


@dataclass(frozen=True, slots=True)
class Check:
    """What one rule saw. A failed check with `until` is not final: the answer may be another one by then."""

    code: str
    passed: bool
    saw: str
    until: datetime | None = None

    def plain(self) -> dict[str, Any]:
        return {"code": self.code, "passed": self.passed, "saw": self.saw}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`action` is go, stop or wait. `reason` is a code of `campaigns.reasons`, empty for go."""

    action: str
    checks: tuple[Check, ...]
    reason: str = ""
    until: datetime | None = None


def verdict(checks: Sequence[Check]) -> Verdict:
    """Go where every rule passed; else stop for the first failure that is final; else wait until the first may have changed."""
    failed = [check for check in checks if not check.passed]
    if not failed:
        return Verdict("go", tuple(checks))
    final = next((check for check in failed if check.until is None), None)
    if final:
        return Verdict("stop", tuple(checks), reasons.reason_of(final.code))
    until = min(check.until for check in failed if check.until)
    return Verdict("wait", tuple(checks), reasons.reason_of(failed[0].code), until)


def time(at: datetime) -> str:
    """A time as checks write it into what they saw."""
    return at.strftime("%Y-%m-%d %H:%M UTC")
