"""What the product feed and the discount are for: a message composed of blocks meets a cart of which something has sold out."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Shop
from tests.browser.test_composing import begin, blocks, shown
from tests.browser.test_marketer import SignIn, decided, leave_cart
from tests.site import until

pytestmark = pytest.mark.browser
CART, GYOKURO = "https://shop.example.com/cart", "https://shop.example.com/gyokuro"
STOCK = {
    "p-1": {"name": "Sencha First Flush", "category": "Tea", "price": "18.50"},
    "p-2": {"name": "Stoneware Teapot", "category": "Pots", "price": "42.00"},
    "p-3": {"name": "Gyokuro Shade Grown", "category": "Tea", "price": "19.00", "url": GYOKURO},
    "p-4": {"name": "Cast Iron Pot", "category": "Pots", "price": "44.00"},
}


def tell(shop: Shop, key: str, quantity: int, **told: Any) -> None:
    stock = [{"store": "north-loop", "quantity": quantity}]
    shop.site.call("PUT", "/v2/products", shop.key, {"products": [{"id": key, "stock": stock, **told}]})


def add_a_discount(page: Page) -> None:
    page.goto("/admin/campaigns/discount/add/")
    page.get_by_label("Name").fill("Come back")
    page.get_by_label("How much").fill("15")
    page.get_by_label("Pattern").fill("TEA-########")
    page.get_by_label("Make so many new codes").fill("20")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("cell", name="20 left")).to_be_visible()


def compose(page: Page) -> None:
    """Blocks with a grid of the abandoned items and the discount, shown with a past cart."""
    begin(page)
    add = page.get_by_role("group", name="Add a block")
    page.get_by_label("Subject").fill("Still yours, {{ shopper.first_name | default: 'friend' }}")
    blocks(page).filter(has_text="Product feed").get_by_role("button", name=re.compile("^Remove")).click()
    blocks(page).nth(2).locator("[data-act=open]").click()
    add.get_by_role("button", name="Product feed").click()
    page.get_by_label("Products", exact=True).select_option(label="User Abandoned Items")
    page.get_by_role("radio", name="Grid").last.check()
    add.get_by_role("button", name="Discount").click()
    page.get_by_label("Discount", exact=True).select_option(label="Come back · 15% off")
    page.get_by_label("Shown with the cart of").first.select_option(index=1)
    for words in ("Sencha First Flush", "Stoneware Teapot", "15% off"):
        shown(page, words)


def set_live(page: Page) -> None:
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Set live").click()
    expect(page.locator(".cc-chip").first).to_have_text("Live")


def leads_to(page: Page, link: Locator) -> str:
    """Where a link of the mail takes a shopper, step by step, up to the first address that is not this site's."""
    address = str(link.get_attribute("href"))
    while address.startswith("http://127.0.0.1"):
        address = page.request.get(address, max_redirects=0).headers["location"]
    return address


def test_what_sold_out_is_found_replaced_in_the_caught_mail_beside_the_rest_with_a_code_and_a_link(
    shop: Shop, sign_in: SignIn
) -> None:
    for key, told in STOCK.items():
        tell(shop, key, 9, **told)
    leave_cart(shop, 801)
    page = sign_in("owner")
    add_a_discount(page)
    compose(page)
    set_live(page)

    tell(shop, "p-1", 0)
    leave_cart(shop, 802)
    until(lambda: decided(shop, "evt-802", "sent"))
    page.goto("/inbox/?q=avery-802")
    page.get_by_role("link", name="Still yours, Avery").first.click()
    mail = page.frame_locator("iframe")
    for words in ("Gyokuro Shade Grown", "Instead of Sencha First Flush (sold out)", "Stoneware Teapot", "15% off"):
        expect(mail.get_by_text(words).first).to_be_visible()
    expect(mail.get_by_text("Cast Iron Pot")).to_have_count(0)
    code = mail.get_by_text(re.compile(r"^TEA-[0-9A-Z]{8}$")).inner_text()
    assert leads_to(page, mail.get_by_role("link", name="Use the code")) == f"{CART}?discount={code}"
    assert leads_to(page, mail.get_by_role("link", name="Return to your cart")) == CART
    assert leads_to(page, mail.get_by_role("link", name="Gyokuro Shade Grown").first) == GYOKURO
    page.goto("/admin/why/?q=avery-802@example.com")
    expect(page.get_by_text("same category, $0.50 more").first).to_be_visible()
