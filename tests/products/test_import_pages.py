"""Imports as an operator uses them, as a marketer looks at them, and as nobody else can."""

import html
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Merchant, Role, Store
from products import jobs
from products.imports import asking, claims
from products.models import FeedImport, ImportRun, Product, RunStatus, Stock
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
HOME = "/admin/products/imports/"
FEEDS = Path(__file__).parent / "feeds"
CSV = "key,name,price,quantity\np-1,Tea,9,4\np-2,Tin,=1+1,4\n"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def merchant() -> Merchant:
    return make.merchant()


@pytest.fixture
def store(merchant: Merchant) -> Store:
    return make.store(merchant)


@pytest.fixture
def operator(client: Client, merchant: Merchant) -> Client:
    client.force_login(make.user(Role.OPERATOR, merchant))
    return client


def feed(merchant: Merchant, **fields: Any) -> FeedImport:
    defaults: dict[str, Any] = {"name": "Prices", "store": merchant.stores.first() or make.store(merchant)}
    return FeedImport.objects.create(merchant=merchant, **defaults | fields)


def csv_file(content: str = CSV) -> SimpleUploadedFile:
    return SimpleUploadedFile("tea.csv", content.encode())


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def chosen(store: Store, **fields: Any) -> dict[str, Any]:
    defaults = {"name": "Tea", "store": store.code, "source": "file", "every": "", "format": "auto"}
    return defaults | fields


def test_an_empty_page_offers_the_first_step(operator: Client) -> None:
    assert "Nothing is imported yet" in text(operator.get(HOME))
    assert "There is no store yet" in text(operator.get(f"{HOME}add/"))


def test_a_file_is_uploaded_watched_and_reported(operator: Client, store: Store) -> None:
    page = operator.post(f"{HOME}add/", chosen(store, file=csv_file()), follow=True)
    run = ImportRun.objects.get()
    assert page.redirect_chain == [(f"{HOME}runs/{run.code}/", 302)]
    assert "Begins as soon as a worker is free" in text(page)
    waiting = operator.get(f"{HOME}runs/{run.code}/progress/")
    assert 'hx-trigger="every 1s"' in text(waiting)
    assert "HX-Refresh" not in waiting.headers
    jobs.run_imports()
    ended = operator.get(f"{HOME}runs/{run.code}/progress/")
    assert ended.headers["HX-Refresh"] == "true"
    shown = text(operator.get(f"{HOME}runs/{run.code}/"))
    assert "1 of 2 rows recorded, 1 left out." in shown
    assert "=1+1" in shown
    report = operator.get(f"{HOME}runs/{run.code}/report.csv")
    assert report.headers["Content-Disposition"].startswith("attachment")
    assert text(report).splitlines()[1] == (
        '3,price,"Must be at least 0, written like 45.00 or 45.00 USD.",\'=1+1,left out'
    )
    assert "1 of 2 rows recorded" in text(operator.get(HOME))
    assert Stock.objects.get().quantity == 4


def test_a_run_that_is_read_shows_how_far_it_is(operator: Client, merchant: Merchant) -> None:
    run, _ = asking.ask(feed(merchant), None, [CSV.encode()])
    claimed = claims.claim()
    assert claimed is not None
    claims.renew(claimed, read_bytes=30, total_bytes=40, good=1200, bad=3)
    shown = text(operator.get(f"{HOME}runs/{run.code}/progress/"))
    assert 'value="75"' in shown
    assert "1,200 recorded, 3 left out" in shown


def test_an_address_is_kept_with_its_pace_and_read_at_once(operator: Client, store: Store) -> None:
    url = "https://shop.example/feed.xml"
    operator.post(f"{HOME}add/", chosen(store, source="address", url=url, every="60"))
    made = FeedImport.objects.get()
    assert (made.url, made.every_minutes, made.store) == (url, 60, store)
    assert made.next_run_at is not None
    assert made.runs.get().status == RunStatus.WAITING
    operator.post(f"{HOME}{made.code}/change/", {"name": "Tea", "url": url, "every": "", "format": "auto"})
    made.refresh_from_db()
    assert (made.every_minutes, made.next_run_at) == (None, None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"source": "file"}, "Choose a file."),
        ({"source": "file", "file": ""}, "Choose a file."),
        ({"source": "address", "url": ""}, "This field is required."),
        ({"source": "address", "url": "http://shop.example/feed"}, "must begin with https://"),
        ({"source": "address", "url": "https://me:secret@shop.example/"}, "name or a password"),
        ({"source": "address", "url": "https://shop.example:22/"}, "Port 22"),
        ({"source": "elsewhere"}, "elsewhere"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    operator: Client, store: Store, fields: dict[str, Any], words: str
) -> None:
    assert words in text(operator.post(f"{HOME}add/", chosen(store, **fields)))
    assert not FeedImport.objects.exists()
    assert not ImportRun.objects.exists()


def test_a_store_of_another_merchant_is_no_choice(operator: Client, store: Store) -> None:
    foreign = make.store(make.merchant())
    page = operator.post(f"{HOME}add/", chosen(foreign, file=csv_file()))
    assert page.status_code == 200
    assert not FeedImport.objects.exists()


def test_the_next_file_is_uploaded_on_the_page_of_its_import(operator: Client, merchant: Merchant) -> None:
    made = feed(merchant)
    assert "Choose a file." in text(operator.post(f"{HOME}{made.code}/run/"))
    operator.post(f"{HOME}{made.code}/run/", {"file": csv_file()})
    again = operator.post(f"{HOME}{made.code}/run/", {"file": csv_file()}, follow=True)
    assert "being read already" in text(again)
    assert made.runs.count() == 1


def test_removing_asks_and_leaves_products_and_their_stock(operator: Client, merchant: Merchant) -> None:
    made = feed(merchant)
    asking.ask(made, None, [CSV.encode()])
    jobs.run_imports()
    assert "stay in the catalogue" in text(operator.get(f"{HOME}{made.code}/remove/"))
    assert FeedImport.objects.exists()
    operator.post(f"{HOME}{made.code}/remove/")
    assert not FeedImport.objects.exists()
    assert Product.objects.count() == 1
    assert Stock.objects.get().feed_import is None


PAGES: dict[str, Callable[[FeedImport, ImportRun], str]] = {
    "source": lambda made, run: f"{HOME}{made.code}/",
    "run": lambda made, run: f"{HOME}runs/{run.code}/",
    "progress": lambda made, run: f"{HOME}runs/{run.code}/progress/",
    "change": lambda made, run: f"{HOME}{made.code}/change/",
    "remove": lambda made, run: f"{HOME}{made.code}/remove/",
    "run_now": lambda made, run: f"{HOME}{made.code}/run/",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_imports_of_another_merchant_are_at_no_address(operator: Client, name: str, method: str) -> None:
    foreign = feed(make.merchant())
    run, _ = asking.ask(foreign, None, [CSV.encode()])
    answer = getattr(operator, method)(PAGES[name](foreign, run), {"name": "Stolen", "format": "auto"})
    assert answer.status_code in {404, 405}
    foreign.refresh_from_db()
    assert (foreign.name, foreign.runs.count()) == ("Prices", 1)
    assert "Prices" not in text(operator.get(HOME))


LOOK = {Role.OWNER, Role.OPERATOR, Role.MARKETING, Role.MARKETING_ANALYST}
CHANGE = {Role.OWNER, Role.OPERATOR}


@pytest.mark.parametrize("role", Role.values)
def test_who_builds_campaigns_looks_and_who_manages_settings_changes(
    client: Client, merchant: Merchant, role: str
) -> None:
    made = feed(merchant)
    run, _ = asking.ask(made, None, [CSV.encode()])
    client.force_login(make.user(role, merchant))
    for address in (HOME, f"{HOME}{made.code}/", f"{HOME}runs/{run.code}/"):
        assert client.get(address).status_code == (200 if role in LOOK else 404)
    for address in (f"{HOME}add/", f"{HOME}{made.code}/change/", f"{HOME}{made.code}/remove/"):
        assert client.get(address).status_code == (200 if role in CHANGE else 404)
    if role not in CHANGE:
        assert client.post(f"{HOME}{made.code}/run/", {"file": csv_file()}).status_code == 404
        assert client.post(f"{HOME}{made.code}/remove/").status_code == 404
        assert (FeedImport.objects.count(), ImportRun.objects.count()) == (1, 1)


def test_the_list_costs_the_same_for_many_imports(operator: Client, merchant: Merchant) -> None:
    asking.ask(feed(merchant), None, [CSV.encode()])
    operator.get(HOME)
    with CaptureQueriesContext(connection) as few:
        operator.get(HOME)
    for number in range(5):
        asking.ask(feed(merchant, name=f"Feed {number}"), None, [CSV.encode()])
    with CaptureQueriesContext(connection) as many:
        operator.get(HOME)
    assert len(many) == len(few)


def test_what_a_file_holds_is_shown_as_text(operator: Client, merchant: Merchant) -> None:
    run, _ = asking.ask(feed(merchant), None, [b"key,price\np-1,<script>alert(1)</script>\n"])
    jobs.run_imports()
    shown = operator.get(f"{HOME}runs/{run.code}/").content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown


def command(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_products", *arguments, "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


def test_support_imports_a_file_and_gets_the_report(merchant: Merchant, store: Store, tmp_path: Path) -> None:
    report = tmp_path / "errors.csv"
    result = command(merchant.slug, str(FEEDS / "own.csv"), "--report", str(report))
    assert (result["status"], result["good"], result["bad"], result["report"]) == ("done", 5, 3, str(report))
    assert "twelve" in report.read_text()
    command(merchant.slug, str(FEEDS / "own.csv"), "--report", str(report))
    assert FeedImport.objects.get().runs.count() == 2


@pytest.mark.parametrize(
    ("source", "options", "why"),
    [
        ("nowhere.csv", [], "There is no file"),
        ("https://127.0.0.1/feed", [], "public internet"),
        (str(FEEDS / "own.csv"), ["--store", "other"], "has no store"),
    ],
)
def test_support_is_refused_in_words(
    merchant: Merchant, store: Store, source: str, options: list[str], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        command(merchant.slug, source, *options)
    assert not Product.objects.exists()


def test_support_says_which_store_where_there_are_several(merchant: Merchant, store: Store) -> None:
    make.store(merchant)
    with pytest.raises(CommandError, match="Say which store"):
        command(merchant.slug, str(FEEDS / "own.csv"))
