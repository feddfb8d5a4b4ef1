"""A shopper decides for themselves, on a phone and by keyboard, without a script."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Shop
from tests.browser.test_marketer import faults

pytestmark = pytest.mark.browser
LINK = """
import json
from campaigns.links import LinkMaker
from campaigns.models import Delivery
sent = Delivery.objects.filter(merchant__slug={slug!r}, status="sent").first()
print(json.dumps(LinkMaker("", sent.code).preferences_url if sent else ""))
"""


@pytest.fixture
def link(shop: Shop) -> str:
    """Where the link of a reminder leads that has left."""
    site = shop.site
    site.command("create_campaign", shop.merchant, "--name", "Cart", "--channel", "email", "--delay", "0", "--live")
    person: dict[str, Any] = {"email": "avery@example.com", "firstName": "Avery"}
    consent = {"consent": {"email": {"status": "subscribed"}}}
    site.call("PUT", "/v2/contacts", shop.key, {"contacts": [person | consent]})
    line = {"id": "p-1", "name": "Sencha", "price": "9.00", "quantity": 1}
    cart = {
        "cartID": "c-1",
        "customer": person,
        "products": [line],
        "currency": "USD",
        "cartURL": "https://shop.example/c",
    }
    site.call("POST", "/v2/cart", shop.key, cart)
    for _ in range(20):
        if path := site.shell(LINK.format(slug=shop.merchant)):
            return site.url + str(path)
        time.sleep(0.5)
    raise AssertionError("the reminder has not left")


@pytest.fixture(params=["light", "dark"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=request.param)
    yield context.new_page()
    context.close()


def test_each_choice_is_made_by_keyboard_and_the_page_stays_clean(phone: Page, link: str) -> None:
    phone.goto(link)
    assert faults(phone, "main") == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    _press(phone, "For a week")
    expect(phone.get_by_role("status")).to_contain_text("Done: you have a break until")
    _press(phone, "Not interested in Sencha")
    expect(phone.get_by_role("button", name="Show Sencha again")).to_be_visible()
    switch = phone.get_by_role("switch", name="Cart reminders by email")
    switch.focus()
    phone.keyboard.press("Space")
    _press(phone, "Save")
    expect(phone.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    expect(switch).not_to_be_checked()
    assert faults(phone, "main") == []
    _press(phone, "Subscribe again")
    _press(phone, "Stop everything")
    expect(phone.get_by_role("status")).to_contain_text("sends you nothing more")
    assert faults(phone, "main") == []
    assert phone.context.cookies() == []


def test_it_works_without_any_script(browser: Browser, link: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="I bought it elsewhere").click()
    expect(page.get_by_role("status")).to_contain_text("You will not be reminded of this cart.")
    context.close()


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
