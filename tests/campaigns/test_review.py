"""The check list of Review: what stops, what warns, and where it is put right."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import CartTrigger, Plan
from campaigns.drafting import review
from campaigns.models import Campaign
from tests import factories

pytestmark = pytest.mark.django_db


def level(campaign: Campaign, code: str) -> str:
    found = [check for check in review.checks(campaign, timezone.now()) if check.code == code]
    return found[0].level if found else ""


def test_a_complete_campaign_has_nothing_red_or_amber() -> None:
    merchant = factories.merchant()
    factories.store(merchant)
    campaign = factories.campaign(merchant, step={"feed": True, "preheader": "It waits"})
    assert {check.level for check in review.checks(campaign, timezone.now())} == {"ok"}


@pytest.mark.parametrize(
    ("fields", "step", "code"),
    [
        ({"type": ""}, {}, "type"),
        ({"name": " "}, {}, "name"),
        ({}, {"body": ""}, "content"),
        ({}, {"subject": ""}, "subject"),
        ({}, {"body": "<mjml><mj-body>{{ nonsense }}</mj-body></mjml>"}, "content"),
    ],
)
def test_what_is_missing_in_the_campaign_stops_it(fields: dict[str, Any], step: dict[str, Any], code: str) -> None:
    campaign = factories.campaign(factories.merchant(), step=step, **fields)
    check = review.checks(campaign, timezone.now())[0]
    assert (check.level, check.code) == ("stop", code)
    assert check.fix.startswith("/admin/campaigns/")


def test_a_template_that_does_not_compile_stops_with_its_line() -> None:
    body = factories.BODY.replace("cart.url", "cart.address", 1)
    campaign = factories.campaign(factories.merchant(), step={"body": body})
    text = review.checks(campaign, timezone.now())[0].text
    assert "Line 3" in text
    assert "cart.address" in text


def test_a_message_that_compiles_but_can_never_be_made_stops() -> None:
    body = factories.BODY.replace("</mj-text>", "{% for i in (1..100000000) %}x{% endfor %}</mj-text>", 1)
    check = review.checks(factories.campaign(factories.merchant(), step={"body": body}), timezone.now())[0]
    assert (check.code, check.level) == ("content", "stop")
    assert "cannot be made" in check.text


def test_what_the_check_list_of_the_content_finds_is_amber_here_with_its_reason() -> None:
    campaign = factories.campaign(factories.merchant(), step={"preheader": ""})
    [check] = [check for check in review.checks(campaign, timezone.now()) if check.code == "preheader"]
    assert check.level == "warn"
    assert "Inboxes show it after the subject" in check.text
    assert check.fix.endswith("/content/")


def test_a_link_to_unsubscribe_that_is_never_shown_stops() -> None:
    link = '<mj-text><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>'
    body = factories.BODY.replace(link, f"{{% if items.first.brand == 'x' %}}{link}{{% endif %}}")
    assert body != factories.BODY
    assert level(factories.campaign(factories.merchant(), step={"body": body}), "unsubscribe") == "stop"


def test_a_merchant_without_postal_address_is_stopped_with_a_link_to_the_setting() -> None:
    merchant = factories.merchant(postal_address="")
    check = review.checks(factories.campaign(merchant), timezone.now())[0]
    assert (check.code, check.level) == ("postal_address", "stop")
    assert check.fix == f"/admin/accounts/merchant/{merchant.code}/change/"


@pytest.mark.parametrize(
    ("email_url", "fallback", "expected"),
    [
        ("smtp://mail.example", "AIQ Cart <no-reply@localhost>", "stop"),
        ("", "AIQ Cart <no-reply@localhost>", "warn"),
        ("smtp://mail.example", "Post <post@host.example>", "ok"),
    ],
)
def test_a_sender_is_needed_once_mail_really_leaves(
    settings: Any, email_url: str, fallback: str, expected: str
) -> None:
    settings.EMAIL_URL, settings.DEFAULT_FROM_EMAIL = email_url, fallback
    assert level(factories.campaign(factories.merchant(sender_email="")), "sender") == expected


@pytest.mark.parametrize(
    ("plan", "trigger", "feed", "expected"),
    [
        (Plan.PRO, CartTrigger.DYNAMIC, True, "ok"),
        (Plan.PRO, CartTrigger.DYNAMIC, False, "warn"),
        (Plan.PRO, CartTrigger.SIMPLE, True, "warn"),
        (Plan.PRO, CartTrigger.SIMPLE, False, ""),
        (Plan.STARTER, CartTrigger.DYNAMIC, True, "warn"),
        (Plan.STARTER, CartTrigger.DYNAMIC, False, ""),
    ],
)
def test_the_product_feed_is_looked_at_with_plan_and_trigger(
    plan: str, trigger: str, feed: bool, expected: str
) -> None:
    merchant = factories.merchant(plan=plan)
    factories.store(merchant, cart_trigger=trigger)
    assert level(factories.campaign(merchant, step={"feed": feed}), "feed") == expected


def test_a_merchant_whose_stores_never_sent_a_cart_is_warned() -> None:
    merchant = factories.merchant()
    campaign = factories.campaign(merchant)
    assert level(campaign, "integration") == "warn"
    factories.store(merchant)
    assert level(campaign, "integration") == "ok"


def test_carts_that_nobody_could_be_reached_for_are_a_warning() -> None:
    merchant = factories.merchant()
    store = factories.store(merchant)
    factories.abandoned_cart(merchant, factories.shopper(merchant, subscribed=False), store)
    assert level(factories.campaign(merchant), "reach") == "warn"
