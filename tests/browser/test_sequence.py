"""A campaign of three mails as a marketer builds it, by mouse and by keyboard, and what becomes of a cart that meets it."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.test_marketer import SignIn, faults, leave_cart
from tests.site import until

# The clock has what pages show counted every half minute.
COUNTED_SECONDS = 75

pytestmark = pytest.mark.browser


def begin(page: Page) -> None:
    """Channels and recipients."""
    page.goto("/admin/campaigns/add/")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Abandoned Cart").check()
    page.get_by_label("Send", exact=True).fill("0")
    page.get_by_role("button", name="Next").click()


def write(page: Page, step: int, subject: str) -> None:
    page.get_by_role("button", name=f"Write content of step {step}, Email").click()
    page.get_by_role("button", name="Plain letter").click()
    page.get_by_label("Subject").fill(subject)
    page.get_by_role("button", name="Next").click()


def test_three_steps_by_mouse_and_a_purchase_after_the_first_stops_the_rest(shop: Shop, sign_in: SignIn) -> None:
    leave_cart(shop, 101)
    page = sign_in("owner")
    begin(page)
    page.get_by_role("link", name="Add a step").click()
    page.get_by_role("button", name="Use 1 h").click()
    expect(page.locator("#sentence")).to_contain_text("an email after one day and an email after three days")
    for step, subject in ((1, "You left something"), (2, "Still there"), (3, "Last call")):
        write(page, step, subject)
    assert faults(page) == []
    page.get_by_role("button", name="Take out step 2, Email").click()
    expect(page.get_by_text("Still there")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Still there")).to_be_visible()
    page.get_by_label("Send").first.fill("0")
    expect(page.locator("#sentence")).to_contain_text("as soon as they leave a cart")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Step 3 three days after the cart is left")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Set live").click()
    expect(page.locator(".cc-chip").first).to_have_text("Live")

    leave_cart(shop, 102)
    steps = until(lambda: _outcomes(shop, "evt-102", {1: "sent"}))
    assert steps == {1: ("sent", None), 2: ("waiting", None), 3: ("waiting", None)}
    page.get_by_role("link", name="Deliveries", exact=True).last.click()
    for name in ("Step 1, email", "Step 2, email", "Step 3, email"):
        expect(page.get_by_role("cell", name=name)).to_be_visible()

    order = {"eventID": "o-102", "orderID": "1043", "timestamp": datetime.now(UTC).isoformat(), "cartID": "cart-102"}
    customer = {"srcID": "c-102", "email": "avery-102@example.com"}
    shop.site.call(
        "POST",
        "/v2/orders",
        shop.key,
        order | {"customer": customer, "store": "north-loop", "total": 79, "currency": "USD"},
    )
    steps = until(lambda: _outcomes(shop, "evt-102", {2: "skipped", 3: "skipped"}))
    assert steps == {1: ("sent", None), 2: ("skipped", "bought"), 3: ("skipped", "bought")}


def _outcomes(shop: Shop, event: str, wanted: dict[int, str]) -> dict[int, tuple[str, str | None]] | None:
    """Outcome and reason of each step, once those that are wanted are there."""
    decisions = shop.site.call("GET", f"/v2/events/{event}", shop.key)["decisions"]
    found = {one["step"]: (one["outcome"], one["reason"] or None) for one in decisions}
    return found if all(found.get(step, ("",))[0] == outcome for step, outcome in wanted.items()) else None


def test_a_step_is_added_timed_and_taken_out_by_keyboard_alone(shop: Shop, sign_in: SignIn) -> None:
    page = sign_in("marketing")
    begin(page)
    page.get_by_role("link", name="Add a step").press("Enter")
    page.get_by_role("button", name="Add a step").press("Enter")
    expect(page.locator(".sq-place")).to_have_count(2)
    page.get_by_label("Send").nth(1).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("90")
    page.keyboard.press("Tab")
    page.keyboard.type("minutes")
    expect(page.locator("#sentence")).to_contain_text("an email after 90 minutes")
    page.get_by_role("button", name="Write content of step 2, Email").press("Enter")
    expect(page.get_by_text("Step 2, email")).to_be_visible()
    page.get_by_role("link", name="All steps").press("Enter")
    expect(page.get_by_label("Send").nth(1)).to_have_value("90")
    page.get_by_role("button", name="Take out step 2, Email").press("Enter")
    expect(page.locator(".sq-place")).to_have_count(1)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".sq-place")).to_have_count(2)


def test_a_waterfalls_channels_are_put_in_order_by_keyboard(shop: Shop, sign_in: SignIn) -> None:
    page = sign_in("owner")
    page.goto("/admin/campaigns/add/")
    page.get_by_label("Waterfall").check()
    page.get_by_label("SMS").check()
    page.get_by_role("button", name="Try SMS earlier").press("Enter")
    assert faults(page) == []
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Abandoned Cart").check()
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".sq-what b")).to_have_text(["1. SMS", "2. Email"])
    expect(page.locator("#sentence")).to_contain_text("by text, else by email")


def test_two_variants_are_caught_and_no_winner_is_named_before_there_is_one(shop: Shop, sign_in: SignIn) -> None:
    leave_cart(shop, 301)
    page = sign_in("owner")
    page.goto("/admin/campaigns/add/")
    page.get_by_label("A/B test").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Abandoned Cart").check()
    page.get_by_label("Send", exact=True).fill("0")
    page.get_by_role("button", name="Next").click()
    for variant, subject in (("A", "You left something"), ("B", "{{ shopper.first_name }}, your tea waits")):
        page.get_by_role("button", name=f"content of step 1, Email, variant {variant}").click()
        letter, line = page.get_by_role("button", name="Plain letter"), page.get_by_label("Subject")
        expect(letter.or_(line)).to_be_visible()
        if letter.is_visible():
            letter.click()
        line.fill(subject)
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Anna, your tea waits")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Set live").click()
    expect(page.locator(".cc-chip").first).to_have_text("Live")

    events = range(302, 314)
    for number in events:
        leave_cart(shop, number)
    for number in events:
        until(lambda number=number: _outcomes(shop, f"evt-{number}", {1: "sent"}))  # type: ignore[misc]
    page.goto("/inbox/")
    for subject in ("You left something", "Avery, your tea waits"):
        expect(page.get_by_role("link", name=subject).first).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Test", exact=True).click()
    until(lambda: page.reload() and "no winner yet" in page.get_by_role("status").inner_text(), seconds=COUNTED_SECONDS)
    expect(page.locator(".sq-interval")).to_have_count(2)
    assert faults(page) == []
