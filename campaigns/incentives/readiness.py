"""Whether a step's discount is ready to be given: what Review says of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from campaigns.incentives.choosing import exposure
from campaigns.incentives.lasting import Pool, pools
from campaigns.models import Discount, NoCode, Step

STOP, WARN, OK = "stop", "warn", "ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """`of_discount`: put right on the discount's page; otherwise in the message."""

    level: str
    text: str
    of_discount: bool = False


def findings(step: Step, now: datetime) -> Iterator[Finding]:
    """One query where the step has a discount, none where it has not."""
    shown = "incentive" in step.body
    discount = step.discount
    if discount is None:
        if shown:
            yield Finding(WARN, "The message has a place for a discount, but none is chosen.")
        return
    if not shown:
        yield Finding(WARN, f"The discount “{discount}” is chosen, but the message has no place that shows it.")
    if discount.archived_at:
        yield Finding(STOP, f"The discount “{discount}” is archived and gives nothing any more. Choose another one.")
    else:
        yield _of_pool(discount, pools([discount], now).get(discount.pk), hold=step.no_code == NoCode.HOLD)


def _of_pool(discount: Discount, pool: Pool | None, *, hold: bool) -> Finding:
    if pool and pool.dry and hold:
        return Finding(STOP, f"The discount “{discount}” has no code left, so every message would be held.", True)
    if pool and pool.dry:
        return Finding(WARN, f"The discount “{discount}” has no code left, so messages go without it.", True)
    if pool and pool.low:
        return Finding(WARN, f"The discount “{discount}” runs low. {exposure(discount, pool)}", True)
    return Finding(OK, f"Gives the discount “{discount}”. {exposure(discount, pool)}")
