"""The forecast of the wizard: what a draft would have met."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns import wording
from campaigns.drafting.drafts import Send, Sketch
from campaigns.drafting.forecast import Forecast, forecast
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def sketch(**fields: Any) -> Sketch:
    defaults: dict[str, Any] = {
        "typed": True,
        "audience_name": "",
        "rules": (),
        "store_ids": (),
        "store_names": (),
        "delay_minutes": 60,
    }
    return Sketch(**defaults | fields)


def test_only_carts_abandoned_in_the_last_thirty_days_count() -> None:
    merchant = factories.merchant()
    for days in (-1, 1, 29, 31):
        factories.abandoned_cart(merchant, occurred_at=NOW - timedelta(days=days))
    factories.abandoned_cart(factories.merchant(), occurred_at=NOW - timedelta(days=1))
    assert forecast(merchant, sketch(), NOW) == Forecast(carts=2, reachable=2)


def test_stores_narrow_the_carts_and_the_audience_narrows_the_reach() -> None:
    merchant = factories.merchant()
    store, other = factories.store(merchant), factories.store(merchant)
    vip = factories.shopper(merchant, tags=["vip"])
    factories.abandoned_cart(merchant, vip, store, occurred_at=NOW)
    factories.abandoned_cart(merchant, None, store, occurred_at=NOW)
    factories.abandoned_cart(merchant, vip, other, occurred_at=NOW)
    rules = ({"field": "tags", "is": "is", "value": "vip"},)
    assert forecast(merchant, sketch(store_ids=(store.pk,), rules=rules), NOW) == Forecast(carts=2, reachable=1)


def test_who_has_no_consent_no_address_or_no_name_is_met_but_not_reached() -> None:
    merchant = factories.merchant()
    opted_out = factories.shopper(merchant, subscribed=False)
    factories.consent(opted_out, "unsubscribed")
    for shopper in (opted_out, factories.shopper(merchant, email=None, phone="+16125550143")):
        factories.abandoned_cart(merchant, shopper, occurred_at=NOW)
    factories.episode(factories.cart(merchant), NOW)
    assert forecast(merchant, sketch(), NOW) == Forecast(carts=3, reachable=0)


@pytest.mark.parametrize(("channels", "reachable"), [(("sms",), 1), (("push",), 0), (("email", "sms"), 2)])
def test_reach_is_counted_by_the_channels_of_the_draft(channels: tuple[str, ...], reachable: int) -> None:
    merchant = factories.merchant()
    confirmed, once = (factories.shopper(merchant, email=None, phone=f"+1612555014{n}", subscribed=False) for n in "34")
    factories.consent(confirmed, channel="sms", double_opt_in=True)
    for shopper in (once, mailed := factories.shopper(merchant)):
        factories.consent(shopper, channel="sms" if shopper is once else "push")
    for shopper in (confirmed, once, mailed):
        factories.abandoned_cart(merchant, shopper, occurred_at=NOW)
    met = forecast(merchant, sketch(sends=(Send(60, channels),)), NOW)
    assert (met.carts, met.reachable) == (3, reachable)
    assert f"by {' or '.join(map(wording.channel_in_words, channels))} today" in wording.forecast_in_words(met)


def test_it_takes_two_queries(django_assert_num_queries: Any) -> None:
    merchant = factories.merchant()
    with django_assert_num_queries(2):
        forecast(merchant, sketch(), NOW)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "at once"), (1, "one minute"), (60, "one hour"), (90, "90 minutes"), (1440, "one day"), (4320, "three days")],
)
def test_a_delay_is_said_as_people_say_it(minutes: int, words: str) -> None:
    assert wording.delay_in_words(minutes) == words


def test_the_sentence_follows_what_is_chosen() -> None:
    chosen = sketch(audience_name="VIPs", store_names=("North Loop", "Riverside"))
    assert wording.what_it_does(chosen) == (
        "Sends an email to shoppers in “VIPs” of North Loop and Riverside, one hour after they leave a cart."
    )
    assert "as soon as they leave" in wording.what_it_does(sketch(delay_minutes=0))
    assert "once the campaign type is chosen" in wording.what_it_does(sketch(typed=False))


def test_the_forecast_names_its_denominator() -> None:
    assert "412 carts; 38 of them" in wording.forecast_in_words(Forecast(412, 38))
    assert "about 40,000 of them" in wording.forecast_in_words(Forecast(60_000, 40_000))
    assert "none of these shoppers" in wording.forecast_in_words(Forecast(1, 0))
    assert "no carts were abandoned" in wording.forecast_in_words(Forecast(0, 0))
