"""The main job as a marketer does it, in a browser, on the whole running system."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop
from tests.site import until

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
SERIOUS = {"serious", "critical"}


def cart(number: int, email: str) -> dict[str, Any]:
    """A dynamic abandoned cart, as a store posts it."""
    return {
        "eventID": f"evt-{number}",
        "status": "abandoned",
        "timestamp": datetime.now(UTC).isoformat(),
        "cartID": f"cart-{number}",
        "cartURL": "https://shop.example.com/cart",
        "currency": "USD",
        "store": "north-loop",
        "customer": {"srcID": f"c-{number}", "email": email, "firstName": "Avery"},
        "products": [
            {"id": "p-1", "name": "Sencha First Flush", "category": "Tea", "price": "18.50", "quantity": 2},
            {"id": "p-2", "name": "Stoneware Teapot", "category": "Pots", "price": 42, "quantity": 1},
        ],
        "totals": {"total": "79.00"},
    }


def leave_cart(shop: Shop, number: int) -> dict[str, Any]:
    """A subscribed shopper leaves a cart; the event once it is processed."""
    customer = {"email": f"avery-{number}@example.com", "firstName": "Avery"}
    consent = {"email": {"status": "subscribed", "source": "checkout"}}
    shop.site.call("PUT", "/v2/contacts", shop.key, {"contacts": [{**customer, "consent": consent}]})
    shop.site.call("POST", "/v2/cart", shop.key, cart(number, customer["email"]))
    return until(lambda: _processed(shop, f"evt-{number}"))  # type: ignore[no-any-return]


def _processed(shop: Shop, event: str) -> dict[str, Any] | None:
    found: dict[str, Any] = shop.site.call("GET", f"/v2/events/{event}", shop.key)
    return found if found["state"] == "processed" else None


def build(page: Page) -> None:
    """Channels, recipients, content: from the campaign list to the review."""
    page.goto("/admin/campaigns/")
    page.get_by_role("link", name="Add").first.click()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Abandoned Cart").check()
    page.get_by_label("Send", exact=True).fill("0")
    page.get_by_label("Internal name").fill("Cart reminder")
    expect(page.locator("#sentence")).to_contain_text("as soon as they leave a cart")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Plain letter").click()
    page.get_by_label("Subject").fill("{{ shopper.first_name | default: 'Hello' }}, your cart waits")
    page.get_by_role("button", name="Product Feed").click()
    expect(page.get_by_label("User Abandoned Items")).to_be_checked()
    page.get_by_role("button", name="Insert", exact=True).click()
    page.get_by_label("Shown with the cart of").first.select_option(index=1)
    expect(page.locator(".cc-envelope")).to_have_text("Avery, your cart waits")
    expect(page.frame_locator(".cc-stage iframe").last.get_by_text("Sencha First Flush").first).to_be_visible()
    page.get_by_role("button", name="Next").click()


def test_a_marketer_builds_a_campaign_an_owner_approves_it_and_a_cart_gets_its_mail(
    shop: Shop, sign_in: SignIn
) -> None:
    leave_cart(shop, 1)
    marketer = sign_in("marketing")
    build(marketer)
    expect(marketer.get_by_text("Ongoing")).to_be_visible()
    expect(marketer.get_by_text("would have met 1 cart;")).to_be_visible()
    marketer.get_by_role("button", name="Submit for approval").click()
    expect(marketer.locator(".cc-chip").first).to_have_text("Pending approval")

    owner = sign_in("owner")
    owner.goto(marketer.url)
    owner.get_by_role("button", name="Approve").click()
    expect(owner.locator(".cc-chip").first).to_have_text("Live")

    leave_cart(shop, 2)
    decisions = until(lambda: decided(shop, "evt-2", "sent"))
    assert all(check["passed"] for check in decisions[-1]["checks"])

    owner.goto("/inbox/?q=avery-2")
    owner.get_by_role("link", name="Avery, your cart waits").first.click()
    mail = owner.frame_locator("iframe")
    for product in ("Sencha First Flush", "Stoneware Teapot"):
        expect(mail.get_by_text(product).first).to_be_visible()
    owner.goto("/inbox/?q=avery-1")
    expect(owner.get_by_text("No mail for")).to_be_visible()


def _decisions(shop: Shop, event: str) -> list[dict[str, Any]]:
    return shop.site.call("GET", f"/v2/events/{event}", shop.key)["decisions"]  # type: ignore[no-any-return]


def decided(shop: Shop, event: str, outcome: str) -> list[dict[str, Any]] | None:
    decisions = _decisions(shop, event)
    return decisions if outcome in [decision["outcome"] for decision in decisions] else None


def test_a_message_that_does_not_compile_is_shown_with_its_line_and_not_saved(shop: Shop, sign_in: SignIn) -> None:
    page = sign_in("marketing")
    leave_cart(shop, 11)
    build(page)
    page.get_by_role("link", name="Edit content").click()
    body = page.get_by_label("Message source")
    good = body.input_value()
    body.fill(good.replace("merchant.color", "merchant.colour", 1))
    note = page.locator("#preview .cc-note")
    expect(note).to_contain_text("Did you mean “merchant.color”?")
    note.get_by_role("button", name="Line").first.click()
    expect(body).to_be_focused()
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    body.fill(good)
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_text("is saved.")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_the_wizards_pages_are_free_of_serious_accessibility_faults(shop: Shop, sign_in: SignIn, dark: bool) -> None:
    leave_cart(shop, 21 + dark)
    page = sign_in("owner")
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    build(page)
    base = page.url.removesuffix("review/")
    steps = ("channels/", "recipients/", "content/", "content/?templates=1", "review/", "", "decisions/", "history/")
    for address in ("/admin/campaigns/", *(base + step for step in steps)):
        page.goto(address)
        assert faults(page) == [], address


LISTS = ("shopper", "audience", "messagetemplate")


@pytest.mark.parametrize("width", [390, 1280])
def test_whole_pages_of_the_admin_are_free_of_serious_accessibility_faults(
    shop: Shop, sign_in: SignIn, width: int
) -> None:
    leave_cart(shop, 30 + width)
    page = sign_in("owner")
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    build(page)
    addresses = [page.url.replace("/review/", "/recipients/"), *(f"/admin/campaigns/{name}/" for name in LISTS)]
    for address in (*addresses, "/admin/", "/admin/accounts/membership/?o=0", "/admin/integrations/eventkey/"):
        page.goto(address)
        assert faults(page, within="body") == [], address


def faults(page: Page, within: str = "#content") -> list[str]:
    """What axe finds serious within our own part of the page, or another."""
    found = Axe().run(page, context=within, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
        for fault in found.response["violations"]
        if fault["impact"] in SERIOUS
    ]
