"""The sample shop at work: shoppers come at a watchable pace, and each plays a story over real HTTP.

A story is a generator that does something and says how many seconds pass until it goes on, so that many shoppers are
in the shop at once without threads. What a shopper does follows from the seed and their number alone.
"""

import heapq
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from aiq.lib.money import money
from integrations.simulator_client import ShopError
from integrations.simulator_mailbox import Mail, Mailbox
from integrations.simulator_shop import CURRENCY, Shop
from integrations.simulator_shoppers import Visit, visit

EVERY_SECONDS = 5.0
# Shops tell of an abandonment some time after it: with a delay of one minute the reminder is due soon after.
TOLD_LATE = timedelta(seconds=45)
FIRST_TOLD_LATE = timedelta(seconds=54)
PATIENCE_SECONDS = 150

Story = Iterator[float]


@dataclass
class Tally:
    """What happened, counted."""

    shoppers: int = 0
    carts: int = 0
    reminded: int = 0
    not_reminded: int = 0
    bought_before: int = 0
    recovered: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    sold_out: int = 0
    errors: int = 0

    def plain(self) -> dict[str, int]:
        return asdict(self)


@dataclass
class Simulation:
    """`every` is the mean time between two shoppers in seconds, `pace` stretches all waiting within the stories."""

    shop: Shop
    mailbox: Mailbox
    seed: int
    say: Callable[[str], None]
    every: float = EVERY_SECONDS
    pace: float = 1.0
    tally: Tally = field(default_factory=Tally)
    stopped: bool = False

    def run(self, shoppers: int | None = None, seconds: float | None = None) -> Tally:
        """Until so many shoppers are done or so much time has passed; neither: until `stopped`."""
        self._open_shop()
        start = time.monotonic()
        waiting: list[tuple[float, int, Story | None]] = [(start, 0, None)]
        while waiting and not self.stopped:
            due, number, story = heapq.heappop(waiting)
            if seconds is not None and max(due, time.monotonic()) > start + seconds:
                break
            self._wait_until(due)
            if story is None:
                story = self._arrive(number)
                if shoppers is None or number + 1 < shoppers:
                    heapq.heappush(waiting, (due + self._gap(number), number + 1, None))
            if (pause := self._go_on(story)) is not None:
                heapq.heappush(waiting, (time.monotonic() + pause * self.pace, number, story))
        return self.tally

    def _open_shop(self) -> None:
        self.mailbox.skip_what_is_there()
        while not self.stopped:
            try:
                count = self.shop.stock_up(self.seed)
            except ShopError as error:
                self.say(f"The shop cannot open yet: {error}")
                self._wait_until(time.monotonic() + 2)
            else:
                self.say(f"The shop opens with {count} products in {len(self.shop.stores)} stores")
                return

    def _wait_until(self, due: float) -> None:
        while not self.stopped and (left := due - time.monotonic()) > 0:
            time.sleep(min(left, 0.25))

    def _gap(self, number: int) -> float:
        """Between 80 and 120 % of the mean, by the shopper's number."""
        return self.every * (0.8 + 0.1 * (number * 7 % 5))

    def _arrive(self, number: int) -> Story:
        self.tally.shoppers += 1
        one = visit(self.seed, number, self.shop.products, self.shop.stores)
        return STORIES[one.story](self, one)

    def _go_on(self, story: Story) -> float | None:
        """The pause until the story goes on; None: it is over."""
        try:
            return next(story, None)
        except ShopError as error:
            self.tally.errors += 1
            self.say(f"The system did not take that: {error}")
            return None


def leaves(sim: Simulation, visit: Visit, *, subscribed: bool = True) -> Generator[float, None, str]:
    """Comes, fills a cart, goes; returns the event of the abandonment."""
    late = FIRST_TOLD_LATE if visit.number < 2 else TOLD_LATE
    sim.shop.introduce(visit, subscribed=subscribed)
    if subscribed and visit.number % 3 == 1:
        # Only the demo has the sample shop's pages, where this is done.
        with suppress(ShopError):
            sim.shop.allow(visit)
            sim.say(f"{visit.person.name} allowed notifications")
    sim.shop.cart(visit, "open", late + timedelta(seconds=20))
    yield 1.5
    event = sim.shop.cart(visit, "abandoned", late)
    sim.tally.carts += 1
    amount = money(visit.total, CURRENCY)
    sim.say(f"{visit.person.name} left {_items(visit)} in a cart at {visit.store} ({amount})")
    return event


def hears(sim: Simulation, visit: Visit, event: str) -> Generator[float, None, Mail | None]:
    """Waits until it is decided whether the reminder goes out; returns the mail, None where there is none.

    The mail has no links where mail is not caught here.
    """
    for _ in range(PATIENCE_SECONDS):
        decision = sim.shop.decision(event)
        if decision and decision["outcome"] == "sent":
            sim.tally.reminded += 1
            sim.say(f"{visit.person.name} got the reminder")
            yield 1.0
            return sim.mailbox.newest_for(visit.person.email) or Mail("", "", "", "")
        if decision and decision["outcome"] in {"skipped", "not_entered", "failed", "unknown"}:
            sim.tally.not_reminded += 1
            sim.say(f"{visit.person.name} got no reminder: {decision['reason'] or decision['outcome']}")
            return None
        yield 1.0
    return None


def buys_after(sim: Simulation, visit: Visit) -> Story:
    event = yield from leaves(sim, visit)
    mail = yield from hears(sim, visit, event)
    if mail is None:
        return
    yield from clicks(sim, visit, mail)
    yield 3.0
    sim.shop.order(visit, mail.code)
    sim.tally.recovered += 1
    with_code = f" with {mail.code}" if mail.code else ""
    sim.say(f"{visit.person.name} came back and bought for {money(visit.total, CURRENCY)}{with_code}")


def buys_before(sim: Simulation, visit: Visit) -> Story:
    event = yield from leaves(sim, visit)
    yield 3.0
    sim.shop.order(visit)
    sim.tally.bought_before += 1
    sim.say(f"{visit.person.name} bought without a reminder, for {money(visit.total, CURRENCY)}")
    yield from hears(sim, visit, event)


def ignores(sim: Simulation, visit: Visit) -> Story:
    event = yield from leaves(sim, visit)
    yield from hears(sim, visit, event)


def looks(sim: Simulation, visit: Visit) -> Story:
    event = yield from leaves(sim, visit)
    mail = yield from hears(sim, visit, event)
    yield from clicks(sim, visit, mail)


def never_asked(sim: Simulation, visit: Visit) -> Story:
    event = yield from leaves(sim, visit, subscribed=False)
    yield from hears(sim, visit, event)


def unsubscribes(sim: Simulation, visit: Visit) -> Story:
    event = yield from leaves(sim, visit)
    mail = yield from hears(sim, visit, event)
    if mail and mail.unsubscribe:
        yield 3.0
        sim.shop.client.unsubscribe(mail.unsubscribe)
        sim.tally.unsubscribed += 1
        sim.say(f"{visit.person.name} unsubscribed")


def sells_out(sim: Simulation, visit: Visit) -> Story:
    """The first product of the cart sells out before the reminder; the shopper takes what is offered instead."""
    event = yield from leaves(sim, visit)
    product = visit.cart[0].product
    sim.shop.sell_out(product, visit.store)
    sim.tally.sold_out += 1
    sim.say(f"{product.name} sold out at {visit.store}")
    mail = yield from hears(sim, visit, event)
    yield from clicks(sim, visit, mail)
    yield 90.0
    sim.shop.refill(product, visit.store)
    sim.say(f"{product.name} is back at {visit.store}")


def clicks(sim: Simulation, visit: Visit, mail: Mail | None) -> Story:
    """Opens the mail and follows its link, where mail is caught here at all."""
    if not mail:
        return
    yield 2.0
    with suppress(ShopError):
        if mail.open:
            sim.shop.client.visit(mail.open)
        if mail.click:
            sim.shop.client.visit(mail.click)
            sim.tally.clicked += 1
            sim.say(f"{visit.person.name} clicked the link in “{mail.subject}”")


def _items(visit: Visit) -> str:
    return f"{visit.items} item{'' if visit.items == 1 else 's'}"


STORIES: dict[str, Callable[[Simulation, Visit], Story]] = {
    "buys_after": buys_after,
    "buys_before": buys_before,
    "ignores": ignores,
    "looks": looks,
    "never_asked": never_asked,
    "sells_out": sells_out,
    "unsubscribes": unsubscribes,
}
