"""A line of the check list that the Review page shows."""

from dataclasses import dataclass

from accounts import access

STOP, WARN, OK = "stop", "warn", "ok"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list. `fix` is the address of the page where it is put right, `fix_label` the link's words.

    `permission` is what a person needs there; without it the page says whom to ask instead of leading nowhere.
    """

    code: str
    level: str
    text: str
    fix: str = ""
    fix_label: str = ""
    permission: str = access.BUILD_CAMPAIGNS

    @property
    def stops(self) -> bool:
        return self.level == STOP
