"""The content step in a browser: the check list follows what is written, a personal value asks first, nothing of a shop ever runs."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.test_marketer import SignIn, cart, faults
from tests.site import until

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=top.ran=1><script>top.ran=1</script>{{ 7 | times: 7 }} Tea"


def leave(shop: Shop, number: int, **customer: Any) -> None:
    event = cart(number, f"shopper-{number}@example.com")
    event["customer"] |= customer
    event["products"][0]["name"] = EVIL
    shop.site.call("POST", "/v2/cart", shop.key, event)
    until(lambda: shop.site.call("GET", f"/v2/events/evt-{number}", shop.key)["state"] == "processed" or None)


def compose(page: Page) -> None:
    """A new campaign, up to a message of the usual blocks."""
    page.goto("/admin/campaigns/")
    page.get_by_role("link", name="Add").first.click()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Abandoned Cart").check()
    page.get_by_label("Internal name").fill("Cart reminder")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Blocks only").click()


def test_a_product_with_a_script_in_its_name_is_shown_as_it_is_called(shop: Shop, sign_in: SignIn) -> None:
    leave(shop, 601)
    page = sign_in("marketing")
    compose(page)
    expect(page.frame_locator(".cc-stage iframe").last.get_by_text("You left something behind").first).to_be_visible()
    page.get_by_label("Shown with the cart of").first.select_option(index=1)
    frame = page.locator(".cc-stage iframe").last
    expect(page.frame_locator(".cc-stage iframe").last.get_by_text(EVIL).first).to_be_visible(timeout=15_000)
    assert "allow-scripts" not in (frame.get_attribute("sandbox") or "allow-scripts")
    assert "default-src 'none'" in (frame.get_attribute("srcdoc") or "")
    assert page.evaluate("window.ran") is None


def test_the_check_list_follows_what_is_written_and_leads_to_the_place(shop: Shop, sign_in: SignIn) -> None:
    page = sign_in("marketing")
    compose(page)
    page.get_by_label("Preview text").fill("It is kept for you")
    found = page.locator("[data-found]")
    expect(found).to_contain_text("All 10 checks pass")
    page.get_by_label("Subject").fill("")
    page.get_by_label("Preview text").fill("")
    expect(found).to_contain_text("1 thing to mend")
    found.locator("summary").click()
    found.get_by_role("button", name="Show the field: The preview text is missing.").click()
    expect(page.get_by_label("Preview text")).to_be_focused()
    assert faults(page) == []


def test_a_personal_value_says_first_what_becomes_of_whoever_lacks_it(shop: Shop, sign_in: SignIn) -> None:
    leave(shop, 602)
    leave(shop, 603, firstName="")
    page = sign_in("marketing")
    compose(page)
    page.get_by_role("button", name="Heading", expanded=False).click()
    pick = page.locator("[data-list] [data-personal]:visible").first
    pick.select_option(label="First name")
    dialog = page.get_by_role("dialog", name="First name")
    expect(dialog).to_contain_text("1 of your last 2 shoppers have none.")
    assert faults(page) == []
    dialog.get_by_label("What is written instead").fill("dear reader")
    page.keyboard.press("Enter")
    heading = page.locator("[data-field=text] input:visible").first
    expect(heading).to_have_value("You left something behind{{ shopper.first_name | default: 'dear reader' }}")
    pick.select_option(label="First name")
    dialog.get_by_label("Send that shopper nothing").check()
    dialog.get_by_role("button", name="Insert").click()
    expect(heading).to_have_value(re.compile(r"\{\{ shopper\.first_name \}\}"))
    expect(page.locator("[data-found]")).to_contain_text("to look at")
    page.locator("[data-found] summary").click()
    expect(page.locator("#found-list")).to_contain_text("1 of the last 2 shoppers has no first name.")
