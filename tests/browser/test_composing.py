"""Messages composed of blocks, in a browser: by mouse, by keyboard alone, undone, looked at, and found in the inbox."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Shop
from tests.browser.test_marketer import SignIn, decided, faults, leave_cart
from tests.site import until

pytestmark = pytest.mark.browser


def begin(page: Page) -> None:
    """A new campaign up to its message, begun from blocks alone."""
    page.goto("/admin/campaigns/add/")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Abandoned Cart").check()
    page.get_by_label("Send", exact=True).fill("0")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Blocks only").click()
    expect(blocks(page)).to_have_count(6)


def blocks(page: Page) -> Locator:
    return page.locator("[data-list] > li")


def names(page: Page) -> list[str]:
    return page.locator("[data-list] [data-name]").all_text_contents()


def shown(page: Page, text: str) -> None:
    expect(page.frame_locator(".cc-stage iframe").last.get_by_text(text).first).to_be_visible()


def act(page: Page, name: str, number: int) -> None:
    page.get_by_role("button", name=f"{name}, block {number}", exact=True).click()


def test_a_message_is_composed_by_mouse_set_live_and_found_in_the_inbox(shop: Shop, sign_in: SignIn) -> None:
    leave_cart(shop, 701)
    page = sign_in("owner")
    begin(page)
    page.get_by_label("Subject").fill("Composed for you")
    page.get_by_role("button", name="Heading You left something behind").click()
    page.get_by_role("textbox", name="Text", exact=True).fill("Hello {{ shopper.first_name | default: 'you' }}")
    shown(page, "Hello Avery")
    marked = page.frame_locator(".cc-stage iframe").last.locator("i:target ~ div:not(i:target ~ i ~ div)")
    expect(marked).to_contain_text("Hello Avery")
    page.get_by_role("button", name="Button Return to your cart").click()
    expect(marked).to_contain_text("Return to your cart")

    page.get_by_role("group", name="Add a block").get_by_role("button", name="Text").click()
    text = page.get_by_role("textbox", name="Text", exact=True)
    expect(text).to_be_focused()
    text.fill("Come back soon")
    text.press("Control+a")
    page.get_by_role("button", name="Bold").click()
    shown(page, "Come back soon")
    grip = blocks(page).filter(has_text="Come back soon").locator("[data-grip]")
    grip.hover()
    page.mouse.down()
    page.locator("[data-list] > li").nth(1).hover(position={"x": 60, "y": 4})
    page.mouse.up()
    assert names(page) == ["Logo", "Text", "Heading", "Text", "Product feed", "Button", "Footer"]

    act(page, "Remove: Footer", 7)
    expect(page.get_by_text("The footer is missing").first).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    page.get_by_role("group", name="Add a block").get_by_role("button", name="Footer").click()
    page.get_by_role("button", name="Phone").click()
    page.get_by_role("button", name="Dark mode").click()
    expect(page.locator(".cc-stage iframe").last).to_have_css("width", "375px")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Set live").click()
    expect(page.locator(".cc-chip").first).to_have_text("Live")

    leave_cart(shop, 702)
    until(lambda: decided(shop, "evt-702", "sent"))
    page.goto("/inbox/?q=avery-702")
    page.get_by_role("link", name="Composed for you").first.click()
    mail = page.frame_locator("iframe")
    for words in ("Come back soon", "Hello Avery", "Sencha First Flush", "Return to your cart", "Unsubscribe"):
        expect(mail.get_by_text(words).first).to_be_visible()


def until_focused(page: Page, wanted: Callable[[], Locator], key: str = "Tab") -> None:
    for _ in range(80):
        if wanted().evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError("The keyboard does not get there.")


def test_a_message_is_composed_by_keyboard_alone(shop: Shop, sign_in: SignIn) -> None:
    page = sign_in("marketing")
    begin(page)
    keys = page.keyboard
    said = page.locator("[data-says]")
    page.get_by_label("Subject").focus()
    until_focused(page, lambda: page.get_by_role("button", name="Heading You left something behind"))
    keys.press("Alt+ArrowDown")
    assert names(page)[:3] == ["Logo", "Text", "Heading"]
    expect(said).to_have_text("Heading moved, now block 3 of 6")
    expect(page.get_by_role("button", name="Heading You left something behind")).to_be_focused()
    keys.press("Control+z")
    assert names(page)[:3] == ["Logo", "Heading", "Text"]
    keys.press("Control+Shift+z")
    assert names(page)[:3] == ["Logo", "Text", "Heading"]

    until_focused(page, lambda: page.get_by_role("group", name="Add a block").get_by_role("button", name="Button"))
    keys.press("Enter")
    expect(page.get_by_label("Words")).to_be_focused()
    keys.press("Control+a")
    keys.type("Have a look")
    until_focused(page, lambda: page.get_by_label("Leads to").first)
    keys.type("Another")
    keys.press("Tab")
    keys.type("shop.example.com/new")
    shown(page, "Have a look")
    for _ in range(2):
        keys.press("Control+z")
    expect(page.get_by_label("Leads to").first).to_have_value("{{ cart.url }}")
    until_focused(page, lambda: page.get_by_role("button", name="Save as draft"))
    keys.press("Enter")
    expect(page.get_by_text("is saved.")).to_be_visible()
    page.goto(page.url + "content/")
    assert names(page) == ["Logo", "Text", "Heading", "Product feed", "Button", "Button", "Footer"]


def test_what_is_not_finished_is_kept_and_marked_and_the_source_can_be_edited(shop: Shop, sign_in: SignIn) -> None:
    page = sign_in("marketing")
    begin(page)
    page.get_by_role("group", name="Add a block").get_by_role("button", name="Picture").click()
    expect(page.locator("[data-field=src].has-errors")).to_contain_text("Give the address of the picture")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_text("Saved, but not finished yet.")).to_be_visible()
    page.goto(page.url + "content/")
    expect(page.locator("#preview").get_by_role("button", name="Picture")).to_be_visible()
    page.locator("#preview").get_by_role("button", name="Picture").click()
    expect(page.get_by_label("Address of the picture")).to_be_focused()
    act(page, "Remove: Picture", 6)
    page.get_by_role("button", name="Edit the source instead").click()
    page.get_by_role("button", name="Keep the blocks").click()
    page.get_by_role("button", name="Edit the source instead").click()
    page.get_by_role("button", name="Edit the source", exact=True).click()
    assert "<aiq-header" in page.get_by_label("Message source").input_value()
    page.get_by_role("link", name="Back to the blocks").click()
    expect(blocks(page)).to_have_count(6)


@pytest.mark.parametrize("dark", [False, True])
def test_the_composer_is_free_of_serious_accessibility_faults(shop: Shop, sign_in: SignIn, dark: bool) -> None:
    page = sign_in("owner")
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    begin(page)
    for kind in ("Picture", "Text", "Discount"):
        page.get_by_role("group", name="Add a block").get_by_role("button", name=kind).click()
    for row in range(blocks(page).count()):
        blocks(page).nth(row).locator("[data-act=open]").click()
        assert faults(page) == [], names(page)[row]


TEAS = [
    {"id": "p-1", "name": "Sencha First Flush", "category": "Tea", "price": "18.50"},
    {"id": "p-2", "name": "Stoneware Teapot", "category": "Pots", "price": "42.00"},
    {"id": "p-3", "name": "Gyokuro Shade Grown", "category": "Tea", "price": "19.00"},
]


def stock(shop: Shop, **quantities: int) -> None:
    products = [
        {
            **tea,
            "currency": "USD",
            "stock": [{"store": "north-loop", "quantity": quantities[tea["id"].replace("-", "")]}],
        }
        for tea in TEAS
        if tea["id"].replace("-", "") in quantities
    ]
    shop.site.call("PUT", "/v2/products", shop.key, {"products": products})


def test_what_sold_out_gives_way_to_an_alternative_with_its_reason_beside_the_code(shop: Shop, sign_in: SignIn) -> None:
    leave_cart(shop, 711)
    stock(shop, p1=5, p2=5, p3=5)
    page = sign_in("owner")
    page.goto("/admin/campaigns/discount/add/")
    page.get_by_label("Name").fill("Come back")
    page.get_by_label("How much").fill("15")
    page.get_by_label("Everybody gets the same code").check()
    page.get_by_label("The code", exact=True).fill("TEA-15")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Come back").first).to_be_visible()

    begin(page)
    page.get_by_label("Subject").fill("Your tea waits")
    page.get_by_role("group", name="Add a block").get_by_role("button", name="Discount").click()
    page.locator("#id_discount").select_option(index=1)
    shown(page, "EXAMPLE")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Set live").click()
    expect(page.locator(".cc-chip").first).to_have_text("Live")

    stock(shop, p1=0)
    leave_cart(shop, 712)
    until(lambda: decided(shop, "evt-712", "sent"))
    page.goto("/inbox/?q=avery-712")
    page.get_by_role("link", name="Your tea waits").first.click()
    mail = page.frame_locator("iframe")
    for words in ("Gyokuro Shade Grown", "Instead of Sencha First Flush (sold out)", "Stoneware Teapot", "TEA-15"):
        expect(mail.get_by_text(words).first).to_be_visible()
    link = mail.get_by_role("link", name="Return to your cart").get_attribute("href")
    assert link is not None
    answer = page.request.get(link, max_redirects=0)
    assert (answer.status, answer.headers["location"]) == (302, "https://shop.example.com/cart")
