"""A site for the browser, and people on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest
from playwright.sync_api import Browser, Page

from aiq.runner import free_port
from tests.site import Site, running

PASSWORD = "correct horse battery"
_numbers = count(1)


@dataclass(frozen=True)
class Shop:
    """A merchant with a connected store on a running site."""

    site: Site
    merchant: str
    key: str


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site"), free_port()) as site:
        yield site


@pytest.fixture
def shop(site: Site) -> Shop:
    """A merchant on Pro that may go live, and a store whose first dynamic cart has arrived."""
    name = f"Fernwood {next(_numbers)}"
    options = ["--plan", "pro", "--sender-email", "hello@fernwood.example", "--postal-address", "1 Main Street, Denver"]
    merchant = site.command("create_merchant", name, *options)["merchant"]
    key = site.command("connect_store", merchant, "generic", "--store", "north-loop")["api_key"]
    return Shop(site, merchant, key)


@pytest.fixture
def sign_in(browser: Browser, shop: Shop) -> Iterator[Callable[[str], Page]]:
    """Creates a person in a role, and hands over their browser, signed in."""
    contexts = []

    def enter(role: str) -> Page:
        email = f"{role}-{next(_numbers)}@fernwood.example"
        options = ["--merchant", shop.merchant, "--role", role, "--password-stdin"]
        shop.site.command("create_user", email, *options, stdin=f"{PASSWORD}\n")
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=shop.site.url)
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/login/")
        page.fill("[name=username]", email)
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        return page

    yield enter
    for context in contexts:
        context.close()
