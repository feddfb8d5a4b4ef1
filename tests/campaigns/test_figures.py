from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.insight.attribution import credit
from campaigns.insight.figures import last_days, roll_up
from campaigns.models import DailyFigure, Decision, TrackingEvent
from tests import factories

NOW = datetime(2026, 3, 3, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


class Story:
    """One cart of one merchant in Denver, told by what happened when."""

    def __init__(self) -> None:
        self.merchant = factories.merchant(timezone="America/Denver", currency="USD")
        self.campaign = factories.live_campaign(self.merchant)

    def abandoned(self, at: datetime = NOW - 3 * HOUR):
        cart = factories.cart(self.merchant, factories.shopper(self.merchant))
        episode = factories.episode(cart, at)
        self.decision(episode, "entry", "entered", at)
        return episode

    def decision(self, episode, kind: str, outcome: str, at: datetime, delivery=None, reason: str = "") -> None:
        Decision.objects.create(
            merchant=self.merchant,
            episode=episode,
            campaign=self.campaign,
            delivery=delivery,
            kind=kind,
            outcome=outcome,
            reason=reason,
            at=at,
        )

    def sent(self, episode, at: datetime = NOW - 2 * HOUR, **fields):
        return factories.delivery(self.campaign, episode, **{"status": "sent", "sent_at": at} | fields)

    def bought(self, episode, at: datetime = NOW - HOUR, **fields):
        episode.recovered_at = at
        episode.save()
        return factories.order(self.merchant, episode.cart.shopper, placed_at=at, **fields)

    def figure(self, day: date = date(2026, 3, 3), *, campaign: bool = False) -> DailyFigure:
        return DailyFigure.objects.get(merchant=self.merchant, day=day, campaign=self.campaign if campaign else None)


@pytest.fixture
def story() -> Story:
    return Story()


def happened(delivery, kind: str, at: datetime, *, machine: bool = False) -> None:
    TrackingEvent.objects.create(delivery=delivery, kind=kind, at=at, machine=machine)


@pytest.mark.parametrize("of_campaign", [True, False])
def test_a_day_counts_what_happened_for_the_merchant_and_for_each_campaign(story, of_campaign):
    episode = story.abandoned()
    delivery = story.sent(episode)
    happened(delivery, "opened", NOW - HOUR)
    happened(delivery, "opened", NOW - HOUR / 2)
    happened(delivery, "clicked", NOW - HOUR)
    story.bought(episode, total=Decimal("88.65"))
    skipped = story.abandoned()
    late = factories.delivery(story.campaign, skipped, status="skipped", reason="bought")
    story.decision(skipped, "step", "skipped", NOW, late, "bought")
    roll_up(NOW)
    figure = story.figure(campaign=of_campaign)
    counts = (figure.abandoned, figure.entered, figure.sent, figure.skipped, figure.opened, figure.clicked)
    assert counts == (2, 2, 1, 1, 1, 1)
    assert (figure.recovered, figure.money) == (1, {"USD": "88.65"})


def test_a_day_is_a_day_in_the_merchants_zone(story):
    story.abandoned(datetime(2026, 3, 3, 6, 59, tzinfo=UTC))
    story.abandoned(datetime(2026, 3, 3, 7, 0, tzinfo=UTC))
    roll_up(NOW)
    assert [story.figure(date(2026, 3, day)).abandoned for day in (2, 3)] == [1, 1]


def test_an_abandonment_that_lies_ahead_does_not_count_yet(story):
    factories.episode(factories.cart(story.merchant), NOW + HOUR)
    roll_up(NOW)
    assert not DailyFigure.objects.exists()


def test_a_cart_bought_before_silence_made_it_abandoned_counts_nowhere(story):
    episode = story.abandoned(NOW - HOUR)
    story.decision(
        episode, "step", "skipped", NOW, factories.delivery(story.campaign, episode, status="skipped", reason="bought")
    )
    for ahead_or_never in (NOW + HOUR, None):
        type(episode).objects.update(abandoned_at=ahead_or_never)
        roll_up(NOW)
        assert not DailyFigure.objects.filter(entered__gt=0).exists()
        assert not DailyFigure.objects.filter(abandoned__gt=0).exists()
    assert not DailyFigure.objects.filter(skipped__gt=0).exists()


def test_what_machines_open_and_click_never_counts(story):
    delivery = story.sent(story.abandoned())
    happened(delivery, "opened", NOW, machine=True)
    happened(delivery, "clicked", NOW, machine=True)
    roll_up(NOW)
    assert (story.figure().opened, story.figure().clicked) == (0, 0)


def test_a_message_opened_on_two_days_counts_on_the_first(story):
    delivery = story.sent(story.abandoned(NOW - 30 * HOUR), NOW - 29 * HOUR)
    happened(delivery, "opened", NOW - 24 * HOUR)
    happened(delivery, "opened", NOW - HOUR)
    roll_up(NOW)
    of_merchant = DailyFigure.objects.filter(campaign=None, opened__gt=0)
    assert list(of_merchant.values_list("day", "opened")) == [(date(2026, 3, 2), 1)]


def test_a_refund_subtracts_on_the_day_of_its_order(story):
    episode = story.abandoned(NOW - 9 * 24 * HOUR)
    story.sent(episode, NOW - 9 * 24 * HOUR)
    order = story.bought(episode, NOW - 9 * 24 * HOUR, total=Decimal(50))
    roll_up(NOW, days=10)
    assert story.figure(date(2026, 2, 22)).money == {"USD": "50"}
    order.refresh_from_db()
    order.refunded, order.changed_at = Decimal(20), NOW
    order.save()
    roll_up(NOW)
    assert story.figure(date(2026, 2, 22)).money == {"USD": "30"}


def test_an_order_that_wins_back_two_carts_counts_once(story):
    first = story.abandoned()
    second = factories.episode(factories.cart(story.merchant, first.cart.shopper), NOW - 3 * HOUR)
    for episode in (first, second):
        story.sent(episode)
    story.bought(first)
    second.recovered_at = NOW - HOUR
    second.save()
    roll_up(NOW)
    assert story.figure().recovered == 1


def test_currencies_are_never_added_up(story):
    for currency, total in (("USD", 10), ("EUR", 20), ("", 5)):
        episode = story.abandoned()
        story.sent(episode)
        story.bought(episode, total=Decimal(total), currency=currency)
    roll_up(NOW)
    assert story.figure().money == {"USD": "15", "EUR": "20"}
    period = last_days(story.merchant, 7, NOW)
    assert [(currency, total.now) for currency, total in period.money.items()] == [("USD", 15), ("EUR", 20)]


def test_rolling_up_again_changes_nothing_and_a_figure_can_fall(story):
    episode = story.abandoned()
    assert roll_up(NOW) == 2
    assert roll_up(NOW) == 0
    episode.abandoned_at = None
    episode.save()
    roll_up(NOW)
    assert story.figure().abandoned == 0


def test_other_merchants_are_counted_apart(story):
    other = Story()
    story.sent(story.abandoned())
    other.abandoned()
    roll_up(NOW)
    assert (story.figure().sent, other.figure().sent, other.figure().abandoned) == (1, 0, 1)


def test_rolling_up_takes_two_statements_however_much_happened(story):
    for _ in range(12):
        story.sent(story.abandoned())
    with CaptureQueriesContext(connection) as captured:
        roll_up(NOW)
    assert len(captured) == 2


@pytest.mark.parametrize(
    ("sent_before", "clicked_before", "machine", "credited"),
    [
        (23 * HOUR, None, False, True),
        (25 * HOUR, None, False, False),
        (120 * HOUR, 119 * HOUR, False, True),
        (130 * HOUR, 121 * HOUR, False, False),
        (120 * HOUR, 119 * HOUR, True, False),
        (-HOUR, None, False, False),
    ],
)
def test_an_order_is_credited_to_the_last_click_or_the_last_delivery(
    story, sent_before, clicked_before, machine, credited
):
    episode = story.abandoned(NOW - 6 * 24 * HOUR)
    delivery = story.sent(episode, NOW - sent_before)
    if clicked_before:
        happened(delivery, "clicked", NOW - clicked_before, machine=machine)
    order = factories.order(story.merchant, episode.cart.shopper, placed_at=NOW)
    credit(NOW)
    order.refresh_from_db()
    assert order.delivery == (delivery if credited else None)


def test_a_click_wins_over_a_later_delivery(story):
    first, second = story.abandoned(NOW - 48 * HOUR), None
    clicked = story.sent(first, NOW - 47 * HOUR)
    happened(clicked, "clicked", NOW - 40 * HOUR)
    second = factories.episode(factories.cart(story.merchant, first.cart.shopper), NOW - 3 * HOUR)
    story.sent(second)
    order = factories.order(story.merchant, first.cart.shopper, placed_at=NOW)
    credit(NOW)
    order.refresh_from_db()
    assert order.delivery == clicked


def test_a_period_stands_beside_the_one_before(story):
    for day, sent in ((date(2026, 3, 3), 3), (date(2026, 2, 25), 3), (date(2026, 2, 24), 4), (date(2026, 2, 17), 9)):
        DailyFigure.objects.create(merchant=story.merchant, day=day, sent=sent)
    with CaptureQueriesContext(connection) as captured:
        period = last_days(story.merchant, 7, NOW)
    assert len(captured) == 1
    total = period.totals["sent"]
    assert (total.now, total.before, total.change) == (6, 4, 50)
    assert [day.sent for day in period.days] == [3, 0, 0, 0, 0, 0, 3]
    assert period.totals["abandoned"].change is None
