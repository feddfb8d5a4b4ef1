"""What the check list of a content knows: sizes as they are sent, the merchant's own hosts, and who would get nothing."""

from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import Merchant
from campaigns.drafting import drafts
from campaigns.editing.checks import Check
from campaigns.editing.facts import checks_of
from campaigns.editing.preview_data import preview_context
from campaigns.editing.previewing import preview
from campaigns.links import LinkMaker
from campaigns.models import Step
from campaigns.rendering import render
from campaigns.starters import SAMPLE_CONTEXT, starters
from campaigns.templating.compiling import compile_source
from tests import factories

pytestmark = pytest.mark.django_db
GREETING = factories.BODY.replace("You left something", "{} you left something")


def found(merchant: Merchant, **step: Any) -> dict[str, Check]:
    made = Step(**{"subject": "Your cart", "preheader": "It waits", "body": factories.BODY} | step)
    context = preview_context(merchant, None, feed=False, discount=made.discount)
    shown = preview(drafts.source_of(made, merchant), context)
    return {check.code: check for check in checks_of(made, merchant, shown, context) if check.level != "ok"}


@pytest.mark.parametrize("slug", starters())
def test_the_size_is_that_of_a_delivery_to_the_byte(slug: str) -> None:
    compiled = compile_source(starters()[slug].source(feed=True))
    sent = render(compiled, SAMPLE_CONTEXT, LinkMaker(settings.PUBLIC_URL, UUID(int=7)))
    shown = preview(starters()[slug].source(feed=True), SAMPLE_CONTEXT)
    assert shown.sent_bytes == len(sent.html.encode())


@pytest.mark.parametrize(
    ("hello", "counted"),
    [
        ("{{ shopper.first_name }}", True),
        ("{{ shopper.first_name | upcase }}", True),
        ("{{ shopper.first_name | default: 'there' }}", False),
        ("{% if shopper.first_name %}{{ shopper.first_name }}{% endif %}", False),
    ],
)
def test_shoppers_who_would_get_nothing_are_counted(hello: str, counted: bool) -> None:
    merchant = factories.merchant()
    for name in ("Avery", "", ""):
        factories.shopper(merchant, first_name=name)
    factories.shopper(factories.merchant(), first_name="")
    checks = found(merchant, body=GREETING.replace("{}", hello))
    assert ("personal" in checks) is counted
    if counted:
        assert checks["personal"].text == "2 of the last 3 shoppers have no first name."


@pytest.mark.parametrize("shown", ["{{ incentive.code }}", "{{ incentive.label }}"])
def test_a_discount_that_a_message_cannot_do_without_is_told(shown: str) -> None:
    merchant = factories.merchant()
    given = {"discount": factories.discount(merchant), "body": GREETING.replace("{}", shown)}
    assert found(merchant, **given)["discount_needed"].level == "warning"
    assert found(merchant, **given | {"discount": None})["discount_needed"].level == "error"
    for kept in (f"{{% if incentive.code %}}{shown}{{% endif %}}", shown.replace(" }}", " | default: 'x' }}")):
        assert "discount_needed" not in found(merchant, **given | {"body": GREETING.replace("{}", kept)})


def test_every_value_that_is_needed_is_counted(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    merchant = factories.merchant()
    factories.abandoned_cart(merchant, factories.shopper(merchant, last_name=""), total=None)
    body = GREETING.replace("{}", "{{ shopper.first_name }} {{ shopper.last_name }} {{ cart.total }}")
    with django_assert_num_queries(4):
        checks = found(merchant, body=body)
    assert checks["personal"].text in {
        "1 of the last 1 shoppers has no last name.",
        "1 of the last 1 carts has no total of the cart.",
    }


@pytest.mark.parametrize(
    ("address", "foreign"),
    [
        ("https://fernwood.example/sale", False),
        ("https://www.fernwood.example/sale", False),
        ("https://merchant.example/", False),
        ("https://social.example/fernwood", False),
        ("https://fernwod.example/sale", True),
    ],
)
def test_links_may_lead_to_the_stores_the_senders_and_the_named_domains(address: str, foreign: bool) -> None:
    merchant = factories.merchant(sender_email="hello@merchant.example", link_domains=["social.example"])
    factories.store(merchant, url="https://www.fernwood.example")
    body = factories.BODY.replace("{{ cart.url | default: store.url }}", address)
    assert ("domains" in found(merchant, body=body)) is foreign


def test_a_message_that_does_not_compile_shows_its_problems_in_the_list() -> None:
    checks = found(factories.merchant(), body=factories.BODY.replace("cart.url", "cart.adress"), subject="")
    assert {code: check.level for code, check in checks.items()} == {"unknown_name": "error", "subject": "error"}
    assert checks["unknown_name"].line == 3
