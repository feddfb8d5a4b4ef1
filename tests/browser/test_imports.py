"""An operator imports a file and sees what was wrong with it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.test_marketer import faults

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]
HOME = "/admin/products/imports/"
ROWS = b"key,name,price,quantity\np-1,Tea,9.50,4\np-2,Tin,free,4\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_is_uploaded_read_while_one_watches_and_its_faults_shown(
    shop: Shop, sign_in: SignIn, scheme: str
) -> None:
    page = sign_in("operator")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(HOME)
    expect(page.get_by_role("heading", name="Nothing is imported yet")).to_be_visible()
    page.goto(f"{HOME}add/")
    assert faults(page) == []
    page.get_by_label("Name").fill("Prices")
    page.get_by_label("A file on this computer, once").check()
    expect(page.get_by_placeholder("https://")).to_be_hidden()
    page.locator("[name=file]").set_input_files({"name": "tea.csv", "mimeType": "text/csv", "buffer": ROWS})
    page.get_by_role("button", name="Add and run").click()
    expect(page.get_by_text("1 of 2 rows recorded, 1 left out.")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("cell", name="free")).to_be_visible()
    assert faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the report").click()
    assert "free" in download.value.path().read_text()
    page.goto(HOME)
    expect(page.get_by_text("1 of 2 rows recorded")).to_be_visible()
    assert faults(page) == []
