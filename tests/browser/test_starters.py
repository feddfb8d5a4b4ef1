"""Every starter as a marketer picks it: it keeps its shape on a phone, in a mail client and on a wide screen."""

import pytest

from campaigns.starters import starters
from tests.browser.conftest import Shop
from tests.browser.test_marketer import SignIn, faults, leave_cart

pytestmark = pytest.mark.browser
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_no_starter_is_wider_than_the_screen(shop: Shop, sign_in: SignIn) -> None:
    leave_cart(shop, 71)
    page = sign_in("owner")
    page.goto("/admin/campaigns/add/")
    page.get_by_role("button", name="Next").click()
    content = page.url.replace("/recipients/", "/content/")
    for slug, starter in starters().items():
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(content + "?templates=1")
        page.locator(f"button[value={slug}]").click()
        page.wait_for_url(lambda address: "templates" not in address)
        page.goto(page.url + "draft/")
        for width in (320, 600, 1200):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(WIDER) == 0, (slug, width)
        assert page.get_by_text("Sencha First Flush").count() > 0, starter.label


@pytest.mark.parametrize("dark", [False, True])
def test_the_library_is_free_of_serious_accessibility_faults(shop: Shop, sign_in: SignIn, dark: bool) -> None:
    page = sign_in("owner")
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page.goto("/admin/campaigns/messagetemplate/")
    page.locator("button[value=gentle-reminder]").click()
    made = page.url
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Subject").fill("Come back")
    page.get_by_role("button", name="Save template").last.click()
    for address in (
        "/admin/campaigns/messagetemplate/",
        made,
        made + "?version=1",
        made.replace("versions", "compare"),
    ):
        page.goto(address)
        assert faults(page) == [], address
