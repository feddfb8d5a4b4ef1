"""What the queues run: each job is a wake-up without arguments, harmless to repeat."""

import logging
from time import monotonic, sleep

from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from aiq.lib import doorbell
from campaigns import affinity, matching, retention, scheduling, selfpausing, sending
from campaigns.consent import asking
from campaigns.incentives import warning
from campaigns.insight import rolling
from campaigns.sender import watching

ASK, LOOK_UP = "campaigns.jobs.ask_to_confirm", "campaigns.jobs.look_up_senders"
KEEP_UP, FORGET = "campaigns.jobs.keep_up", "campaigns.jobs.forget"
COUNT_ORDERS, WARN_OF_CODES = "campaigns.jobs.count_orders", "campaigns.jobs.warn_of_codes"
DRAIN_SECONDS = 20.0
LINGER_SECONDS = 2.0
POLL_SECONDS = 0.005
REST_SECONDS = 0.03

logger = logging.getLogger(__name__)


def drain() -> int:
    """Send until nothing is due, then stay a little, since what follows shortly need not wait for the next ring.

    A full batch means there is more: the next sender is woken to join. After a smaller one it rests as long as that
    took: what a batch costs beside its messages is then paid by more of them. Returns how many it looked at. The database
    away: what is due waits, and the clock rings again.
    """
    doorbell.answered(scheduling.DRAIN)
    try:
        return _drain()
    except (OperationalError, InterfaceError) as error:
        logger.warning("reminders wait for the database: %s", str(error).strip())
        return 0


def _drain() -> int:
    close_old_connections()
    sending.sweep()
    began = busy = monotonic()
    done = 0
    while monotonic() - began < DRAIN_SECONDS:
        start = monotonic()
        claimed = sending.send_batch()
        done += claimed
        if claimed == sending.BATCH:
            scheduling.ring()
            busy = monotonic()
            continue
        if claimed:
            busy = monotonic()
        elif monotonic() - busy > LINGER_SECONDS:
            return done
        sleep(min(max(monotonic() - start, POLL_SECONDS), REST_SECONDS))
    scheduling.ring()
    return done


def keep_up() -> None:
    """What follows from the passing of time alone: campaigns that went live meet the carts left to silence, and the
    figures that pages show are rolled up, by which a campaign that does harm pauses itself."""
    doorbell.answered(KEEP_UP)
    now = timezone.now()
    matching.meet_again(now)
    rolling.roll_up(now)
    selfpausing.look(now)


def count_orders() -> None:
    """Count what was ordered: what sells, and what is bought together."""
    doorbell.answered(COUNT_ORDERS)
    affinity.count_orders(timezone.now())


def warn_of_codes() -> None:
    """Tell owners of discounts whose codes run low, once."""
    doorbell.answered(WARN_OF_CODES)
    warning.warn(timezone.now())


def look_up_senders() -> None:
    """Look the sender domains up again, and tell owners of what is gone."""
    doorbell.answered(LOOK_UP)
    watching.look_again(timezone.now())


def ask_to_confirm() -> None:
    """Send what asks shoppers to confirm a consent."""
    doorbell.answered(ASK)
    asking.send_waiting(timezone.now())


def forget() -> None:
    """Delete what has been kept long enough."""
    doorbell.answered(FORGET)
    retention.forget(timezone.now())
