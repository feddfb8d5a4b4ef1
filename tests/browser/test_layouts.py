"""The layouts of product feeds keep their shape on a phone, in a mail window and on a wide screen, with and without pictures."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from campaigns.links import PlainLinks
from campaigns.rendering import render
from campaigns.starters import SAMPLE_CONTEXT
from campaigns.templating.compiling import Source, compile_source

pytestmark = pytest.mark.browser
WIDTHS = [320, 600, 1200]
BODY = (
    '<mjml><mj-head><aiq-styles /></mj-head><mj-body css-class="page"><aiq-header />{}<aiq-footer /></mj-body></mjml>'
)
LONG = "Kagoshima Sencha First Flush Unreasonablylongvarietyname 2026"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800"><rect width="800" height="800"/></svg>'
ITEMS = [
    {
        "name": f"{LONG} {number}", "brand": "Fernwood", "price": "$1,219.95", "was_price": "$1,324.00", "quantity": 2,
        "image": f"https://pictures.example/{number}.svg", "url": "https://shop.example/p", "note": "Instead of Clay Pot (sold out)",
        "replaced_name": "Clay Pot", "sold_out": False,
    }
    for number in range(4)
]  # fmt: skip


@pytest.fixture(params=WIDTHS)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    made = browser.new_page(viewport={"width": request.param, "height": 900})
    made.route("https://pictures.example/**", lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"))
    yield made
    made.close()


def show(page: Page, layout: str, *, media: bool = True) -> None:
    """Draw the layout; `media` False: as mail clients do that read no style sheets' media queries."""
    element = f'<aiq-feed layout="{layout}" title="Still in your cart" button="Take a closer look" />'
    compiled = compile_source(Source("Your cart", "", BODY.format(element)))
    html = render(compiled, SAMPLE_CONTEXT | {"items": ITEMS}, PlainLinks()).html
    page.set_content(html if media else html.replace("@media", "@media print and (height: 1px) and"))


def width_of(page: Page) -> int:
    assert page.viewport_size is not None
    return page.viewport_size["width"]


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    found = [one.bounding_box() for one in page.locator(selector).all()]
    return [{**box} for box in found if box]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("media", [True, False])
@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
def test_no_layout_is_wider_than_its_window(page: Page, layout: str, media: bool) -> None:
    show(page, layout, media=media)
    assert overflow(page) == 0
    left, right = max(0, (width_of(page) - 600) / 2), min(width_of(page), (width_of(page) + 600) / 2)
    for box in boxes(page, ".picture img") + boxes(page, ".ink div"):
        assert left <= box["x"]
        assert box["x"] + box["width"] <= right + 1


@pytest.mark.parametrize("media", [True, False])
def test_a_list_has_each_picture_beside_its_words(page: Page, media: bool) -> None:
    show(page, "list", media=media)
    pictures = boxes(page, ".picture img")
    names = boxes(page, f'.ink a:has-text("{LONG}")')
    assert len(pictures) == len(names) == 4
    for picture, name in zip(pictures, names, strict=True):
        assert picture["x"] + picture["width"] < name["x"]
        assert picture["y"] < name["y"] + name["height"]
        assert name["y"] < picture["y"] + picture["height"]
        assert 75 <= picture["width"] <= 221


@pytest.mark.parametrize("media", [True, False])
def test_a_grid_has_two_columns_of_one_width(page: Page, media: bool) -> None:
    show(page, "grid", media=media)
    first, second, third, fourth = boxes(page, ".picture img")
    assert first["y"] == second["y"] < third["y"] == fourth["y"]
    assert first["x"] == third["x"] < first["x"] + first["width"] < second["x"] == fourth["x"]
    assert abs(first["width"] - second["width"]) <= 1


def test_a_hero_fills_the_column_with_one_product(page: Page) -> None:
    show(page, "hero")
    [picture] = boxes(page, ".picture img")
    assert abs(picture["width"] - (min(width_of(page), 600) - 64)) <= 1
    assert page.get_by_text("and 3 more in your cart").count() == 1


@pytest.mark.parametrize("layout", ["list", "grid", "hero"])
def test_with_pictures_off_the_names_stand_in_their_place(page: Page, layout: str) -> None:
    page.unroute("https://pictures.example/**")
    page.route("https://pictures.example/**", lambda route: route.abort())
    show(page, layout)
    assert overflow(page) == 0
    alternative_texts = [image.get_attribute("alt") for image in page.locator(".picture img").all()]
    assert all(text and text.startswith("Kagoshima") for text in alternative_texts)


def test_a_logo_stands_on_white_where_it_is_dark(page: Page) -> None:
    logo = {"merchant": SAMPLE_CONTEXT["merchant"] | {"logo": "https://pictures.example/logo.svg"}}
    compiled = compile_source(Source("Your cart", "", BODY.format("")))
    page.emulate_media(color_scheme="dark")
    page.set_content(render(compiled, SAMPLE_CONTEXT | logo, PlainLinks()).html)
    shown = page.locator("img").first.evaluate("one => getComputedStyle(one).backgroundColor")
    assert shown == "rgb(255, 255, 255)"
