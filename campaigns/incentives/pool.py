"""The unique codes of a discount: brought in from a file, made by its pattern, and taken, each by one shopper only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import F

from aiq.lib import bulk, prepared
from campaigns import scheduling
from campaigns.incentives import patterns
from campaigns.models import Delivery, DeliveryStatus, Discount, DiscountCode, NoCode

CHUNK = 5_000
MAX_CODES = 500_000
MAX_CHARS = 64
BAD_SHOWN = 20
_HEADERS = frozenset({"code", "codes", "discount code", "coupon", "coupon code"})


@dataclass(slots=True)
class Added:
    """What became of the lines of a file. `known`: codes that this merchant had already, or that came twice; `bad`: the first lines
    that hold no code, with the reason; `refused`: how many there were."""

    added: int = 0
    known: int = 0
    refused: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, why: str) -> None:
        self.refused += 1
        if len(self.bad) < BAD_SHOWN:
            self.bad.append((line, why))

    def in_words(self) -> str:
        """ "1,200 codes added. 3 were known already. 2 lines hold no code." """
        said = [f"{_counted(self.added, 'code')} added."]
        said += [f"{self.known:,} {'was' if self.known == 1 else 'were'} known already."] if self.known else []
        said += [f"{_counted(self.refused, 'line')} could not be taken."] if self.refused else []
        return " ".join(said)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def add(discount: Discount, lines: Iterable[str], now: datetime) -> Added:
    """Bring in codes, one a line, of a CSV the first column; line by line, so that a long file needs no memory. Good lines are kept."""
    result = Added()
    codes = _codes(lines, result)
    while chunk := list(islice(codes, CHUNK)):
        added = _insert(discount, chunk, now)
        result.added += added
        result.known += len(chunk) - added
    _wake(discount, result.added)
    return result


def make(discount: Discount, number: int, now: datetime) -> int:
    """Make so many new codes by the discount's pattern. Raises `ValueError` with a sentence where they could be guessed."""
    if refusal := patterns.refusal(discount.pattern, number + free(discount)):
        raise ValueError(refusal)
    missing = number
    while missing:
        missing -= _insert(discount, patterns.codes(discount.pattern, min(missing, CHUNK)), now)
    _wake(discount, number)
    return number


def free(discount: Discount) -> int:
    return DiscountCode.objects.filter(discount=discount, given=False).count()


_TAKE = """
WITH free AS MATERIALIZED (
    SELECT found.id FROM jsonb_to_recordset(%s::jsonb) AS wanted(discount_id bigint, number bigint)
    CROSS JOIN LATERAL (
        SELECT c.id FROM campaigns_discountcode c WHERE c.discount_id = wanted.discount_id AND NOT c.given
        ORDER BY c.id LIMIT wanted.number FOR UPDATE SKIP LOCKED
    ) AS found
)
UPDATE campaigns_discountcode c SET given = true FROM free WHERE c.id = free.id
RETURNING c.discount_id, c.id, c.value
"""


def take(wanted: Mapping[int, int]) -> dict[int, list[tuple[int, str]]]:
    """So many free codes of each discount, or as many as there are."""
    taken: dict[int, list[tuple[int, str]]] = {discount: [] for discount in wanted}
    if wanted:
        rows = [{"discount_id": discount, "number": number} for discount, number in wanted.items()]
        with prepared.cursor() as cursor:
            cursor.execute(_TAKE, [bulk.as_json(rows)])
            for discount, code, value in cursor.fetchall():
                taken[discount].append((code, value))
    return taken


def _codes(lines: Iterable[str], result: Added) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        code = line.lstrip("\ufeff").replace(";", ",").partition(",")[0].strip().strip("\"'").strip()
        if not code or (number == 1 and code.lower() in _HEADERS):
            continue
        if len(code) > MAX_CHARS:
            result.refuse(number, f"longer than {MAX_CHARS} characters")
        elif not code.isprintable() or " " in code:
            result.refuse(number, "a code has no blanks or control characters")
        elif result.added + result.known >= MAX_CODES:
            result.refuse(number, f"more than {MAX_CODES:,} codes in one file")
        else:
            yield code


@transaction.atomic
def _insert(discount: Discount, codes: Sequence[str], now: datetime) -> int:
    """How many of them are new."""
    row: dict[str, Any] = {
        "merchant_id": discount.merchant_id,
        "discount_id": discount.pk,
        "given": False,
        "created_at": now,
    }
    unique = {code.upper(): code for code in codes}
    rows = [row | {"value": unique[key]} for key in sorted(unique)]
    return len(bulk.insert(DiscountCode, rows, [*row, "value"], "ON CONFLICT DO NOTHING"))


def _wake(discount: Discount, added: int) -> None:
    """There are codes again: what was held for want of one is looked at now, and owners are told anew when they run low."""
    if not added:
        return
    Discount.objects.filter(pk=discount.pk).update(warned_at=None)
    held = Delivery.objects.filter(
        content__discount=discount,
        content__no_code=NoCode.HOLD,
        status=DeliveryStatus.PENDING,
        attempts=0,
        send_at__gt=F("due_at"),
    )
    if held.update(send_at=F("due_at")):
        scheduling.ring()
