"""Personal values end to end: the default, or no message and a reason in words; money and names in the shopper's language."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Delivery
from campaigns.templating.compiling import Source, TemplateProblems, compile_source
from campaigns.templating.macros import analyze
from campaigns.templating.picker import picks
from tests import factories
from tests.pipeline import Shop, go_live, run_workers

TEA = {"id": "p-1", "name": "Tea", "price": "1045.00", "quantity": 1, "url": "https://shop.example/p-1"}


def left(shop: Shop, **customer: Any) -> None:
    """A subscribed shopper leaves a cart, and the workers run."""
    who = {"srcID": "c-1", "email": "kim@example.com"} | customer
    shop.put("/v2/contacts", {"contacts": [who | {"consent": {"email": {"status": "subscribed"}}}]})
    body = {"eventID": "evt-1", "timestamp": (datetime.now(UTC) - timedelta(minutes=5)).isoformat(), "cartID": "cart-1"}
    body |= {"customer": who, "store": "north-loop", "products": [TEA], "cartURL": "https://shop.example/cart/1"}
    shop.post("/v2/cart", body | {"currency": "EUR", "totals": {"total": "1045.00"}})
    run_workers()


@pytest.mark.django_db
def test_without_the_value_the_default_stands_there(smtp_sink: Any) -> None:
    shop = Shop(factories.merchant())
    go_live(
        shop.merchant, datetime.now(UTC) - timedelta(days=1), subject="Hi {{ shopper.first_name | default: 'there' }}"
    )
    left(shop)
    assert smtp_sink.messages[0]["Subject"] == "Hi there"


@pytest.mark.django_db
def test_without_value_and_default_nothing_is_sent_and_the_reason_names_it_in_words(smtp_sink: Any) -> None:
    shop = Shop(factories.merchant())
    go_live(shop.merchant, datetime.now(UTC) - timedelta(days=1), subject="Hi {{ shopper.first_name }}")
    left(shop)
    assert smtp_sink.messages == []
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason) == ("skipped", "missing_data")
    [check] = [one for one in shop.event("evt-1")["decisions"][-1]["checks"] if not one["passed"]]
    assert check["saw"] == "First name is not known"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("locale", "expected"), [("de-DE", "1.045,00 €"), ("fr_CA", "1 045,00 €"), ("", "€1,045.00"), ("xx", "€1,045.00")]
)
def test_money_is_written_in_the_shoppers_language(smtp_sink: Any, locale: str, expected: str) -> None:
    shop = Shop(factories.merchant())
    factories.shopper(shop.merchant, subscribed=False, email="kim@example.com", locale=locale)
    go_live(shop.merchant, datetime.now(UTC) - timedelta(days=1), feed=True)
    left(shop)
    [mail] = smtp_sink.messages
    for part in ("html", "plain"):
        text = mail.get_body((part,)).get_content().replace("\xa0", " ").replace("&nbsp;", " ")
        assert expected in text


def test_everything_that_can_be_picked_is_a_name_of_ours() -> None:
    found = [pick for group in picks().values() for pick in group]
    assert found
    for pick in found:
        assert analyze(pick.tag, field="body").problems == ()


@pytest.mark.parametrize("field", ["subject", "preheader", "body", "text"])
def test_an_unknown_name_is_refused_at_save_with_a_suggestion_wherever_it_stands(field: str) -> None:
    parts = {"subject": "Your cart", "preheader": "", "body": factories.BODY, "text": ""}
    wrong = (
        factories.BODY.replace("You left", "{{ shopper.firstname }}, you left")
        if field == "body"
        else "{{ shopper.firstname }}"
    )
    with pytest.raises(TemplateProblems) as caught:
        compile_source(Source(**parts | {field: wrong}))
    assert [(problem.field, problem.code) for problem in caught.value.problems] == [(field, "unknown_name")]
    assert "Did you mean “shopper.first_name”?" in caught.value.problems[0].message
