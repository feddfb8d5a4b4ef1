"""From a file or an address to products, stock and a report: with a real worker's job, and where it is interrupted."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Merchant, Store
from aiq import clock
from products import jobs
from products.catalog import record_stock
from products.facts import StockFact
from products.imports import asking, claims, reading, uploads
from products.models import FeedImport, ImportRun, Product, RunStatus, Stock
from tests import factories as make
from tests.feedserver import Server, serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
FEEDS = Path(__file__).parent / "feeds"
HEAD = "key,name,price,quantity\n"


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
def by_hand(merchant: Merchant, store: Store) -> FeedImport:
    return FeedImport.objects.create(merchant=merchant, store=store, name="Prices")


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[Server]:
    settings.OUTBOUND_LOOPBACK = True
    with serving(tmp_path, tls=False) as (running, _):
        yield running


@pytest.fixture
def hourly(merchant: Merchant, store: Store, server: Server) -> FeedImport:
    url = server.url(scheme="http", host="127.0.0.1")
    return FeedImport.objects.create(
        merchant=merchant, store=store, name="Feed", url=url, every_minutes=60, next_run_at=timezone.now()
    )


def lines(*texts: str) -> bytes:
    return (HEAD + "".join(f"{text}\n" for text in texts)).encode()


def upload(feed: FeedImport, content: bytes) -> ImportRun:
    run, _ = asking.ask(feed, None, [content])
    jobs.run_imports()
    run.refresh_from_db()
    return run


def fetch(feed: FeedImport, server: Server, content: bytes, **headers: str) -> ImportRun:
    server.gives("/feed", content, **headers)
    run, _ = asking.ask(feed)
    jobs.run_imports()
    run.refresh_from_db()
    return run


def stock(key: str) -> Stock:
    return Stock.objects.get(product__key=key)


def test_a_file_becomes_products_stock_and_a_report(by_hand: FeedImport, store: Store) -> None:
    run = upload(by_hand, (FEEDS / "own.csv").read_bytes())
    assert (run.status, run.good, run.bad, run.error) == (RunStatus.DONE, 5, 3, "")
    assert run.read_bytes == run.total_bytes
    assert set(Product.objects.values_list("key", flat=True)) == {"p-1", "p-2", "SKU-3", "p-6"}
    tea = stock("p-1")
    assert (tea.store, tea.quantity, tea.source, tea.feed_import) == (store, 4, "imported", by_hand)
    assert (tea.as_of, tea.valid_until) == (run.created_at, None)
    assert {(row.location, row.quantity) for row in Stock.objects.filter(product__key="p-6")} == {
        ("cellar", 2),
        ("counter", 0),
    }
    assert [problem["line"] for problem in run.report] == [3, 5, 6, 6, 7]
    assert not uploads.place_of(run.code).exists()


def test_the_report_is_long_enough_and_no_longer(by_hand: FeedImport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BAD_ROWS", 3)
    run = upload(by_hand, lines(*(f"p-{number},Tea,free,1" for number in range(9)), "p-9,Tea,1,1"))
    assert (run.good, run.bad, len(run.report)) == (1, 9, 3)


def test_a_schedule_that_is_due_is_read_and_due_again_later(hourly: FeedImport, server: Server) -> None:
    server.gives("/feed", lines("p-1,Tea,9,4"))
    rung: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "ring", lambda queue, job: rung.append(job))
        clock.ring_imports()
    assert rung == [asking.JOB]
    jobs.run_imports()
    run = ImportRun.objects.get()
    assert (run.status, run.good, run.started_by) == (RunStatus.DONE, 1, None)
    hourly.refresh_from_db()
    assert timedelta(minutes=59) < hourly.next_run_at - timezone.now() <= timedelta(minutes=60)
    told = stock("p-1")
    assert told.as_of == run.started_at
    assert told.valid_until == run.started_at + timedelta(minutes=120) + reading.GRACE
    jobs.run_imports()
    assert ImportRun.objects.count() == 1


def test_what_an_address_no_longer_holds_is_sold_out_once(hourly: FeedImport, server: Server) -> None:
    fetch(hourly, server, lines("p-1,Tea,9,4", "p-2,Tin,9,4", "p-3,Pot,9,4", "p-4,Cup,9,4"))
    run = fetch(hourly, server, lines("p-1,Tea,9,4", "p-2,Tin,9,4", "p-3,Pot,wrong,4"))
    assert (run.status, run.gone, run.bad) == (RunStatus.DONE, 1, 1)
    assert [stock(key).in_stock for key in ("p-1", "p-2", "p-3", "p-4")] == [True, True, True, False]
    assert fetch(hourly, server, lines("p-1,Tea,9,4", "p-2,Tin,9,4", "p-3,Pot,9,4")).gone == 0


def test_an_address_that_lost_more_than_half_of_its_products_sells_nothing_out(
    hourly: FeedImport, server: Server
) -> None:
    fetch(hourly, server, lines("p-1,Tea,9,4", "p-2,Tin,9,4", "p-3,Pot,9,4"))
    run = fetch(hourly, server, lines("p-1,Tea,9,4"))
    assert (run.gone, run.report[0]["detail"]) == (0, reading.SHRUNK)
    assert stock("p-3").in_stock


def test_a_file_given_by_hand_changes_only_what_it_names(by_hand: FeedImport) -> None:
    upload(by_hand, lines("p-1,Tea,9,4", "p-2,Tin,9,4"))
    assert upload(by_hand, lines("p-1,Tea,9,0")).gone == 0
    assert [stock(key).in_stock for key in ("p-1", "p-2")] == [False, True]


def test_a_figure_that_the_store_told_since_is_not_overwritten(
    by_hand: FeedImport, merchant: Merchant, store: Store
) -> None:
    upload(by_hand, lines("p-1,Tea,9,4"))
    asking.ask(by_hand, None, [lines("p-1,Tea,9,4")])
    fact = StockFact("p-1", quantity=0, as_of=timezone.now())
    record_stock(merchant.pk, [fact], default_store_id=store.pk, now=timezone.now())
    jobs.run_imports()
    told = stock("p-1")
    assert (told.quantity, told.source, told.feed_import, told.valid_until) == (0, "pushed", None, None)


def test_an_address_that_did_not_change_is_confirmed_without_being_read(hourly: FeedImport, server: Server) -> None:
    fetch(hourly, server, lines("p-1,Tea,9,4"), ETag='"7"', Last_Modified="Tue, 03 Mar 2026 12:00:00 GMT")
    first = stock("p-1")
    server.gives("/feed", status=304)
    run, _ = asking.ask(hourly)
    jobs.run_imports()
    run.refresh_from_db()
    assert (run.status, run.unchanged) == (RunStatus.DONE, True)
    assert server.seen[-1][1]["If-None-Match"] == '"7"'
    assert server.seen[-1][1]["If-Modified-Since"] == "Tue, 03 Mar 2026 12:00:00 GMT"
    assert stock("p-1").valid_until > first.valid_until


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [(404, b"", "404"), (200, b"<html><body>Sign in<br></html>", "mismatched"), (200, b"", "first line")],
)
def test_an_address_that_gives_no_feed_fails_in_words_and_changes_nothing(
    hourly: FeedImport, server: Server, status: int, body: bytes, why: str
) -> None:
    fetch(hourly, server, lines("p-1,Tea,9,4"))
    server.gives("/feed", body, status)
    run, _ = asking.ask(hourly)
    jobs.run_imports()
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert why in run.error
    assert stock("p-1").in_stock


def test_an_address_near_us_is_not_called(hourly: FeedImport, server: Server, settings: Any) -> None:
    settings.OUTBOUND_LOOPBACK = False
    hourly.url = "https://169.254.169.254/latest/meta-data/"
    hourly.save(update_fields=["url"])
    jobs.run_imports()
    assert "public internet" in ImportRun.objects.get().error
    assert server.seen == []


def test_rows_before_the_place_where_a_file_breaks_are_kept(
    by_hand: FeedImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    items = "".join(f"<item><id>p-{number}</id><title>Tea</title></item>" for number in range(4))
    filler = f"<!-- {'x' * 200_000} -->"
    run = upload(by_hand, f"<rss><channel>{items}{filler}<item></channel></rss>".encode())
    assert (run.status, run.good) == (RunStatus.FAILED, 4)
    assert "mismatched tag" in run.error
    assert Product.objects.count() == 4


class Died(BaseException):
    """The process is gone: nothing after this line runs in it."""


def test_a_reader_that_dies_midway_is_followed_by_another_one(
    by_hand: FeedImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    run, _ = asking.ask(by_hand, None, [lines(*(f"p-{number},Tea,9,4" for number in range(6)))])
    renew, renewals = claims.renew, []

    def renew_and_die(*args: Any, **kwargs: Any) -> None:
        renewals.append(kwargs)
        if len(renewals) == 3:
            raise Died
        renew(*args, **kwargs)

    monkeypatch.setattr(claims, "renew", renew_and_die)
    with pytest.raises(Died):
        jobs.run_imports()
    monkeypatch.setattr(claims, "renew", renew)
    run.refresh_from_db()
    assert (run.status, run.good, Product.objects.count()) == (RunStatus.RUNNING, 2, 2)
    jobs.run_imports()
    assert ImportRun.objects.get().status == RunStatus.RUNNING
    _end_lease(run)
    jobs.run_imports()
    run.refresh_from_db()
    assert (run.status, run.good, run.attempts) == (RunStatus.DONE, 6, 2)
    assert (Product.objects.count(), Stock.objects.count()) == (6, 6)


def test_a_run_that_kills_every_reader_fails_in_words(by_hand: FeedImport) -> None:
    run, _ = asking.ask(by_hand, None, [lines("p-1,Tea,9,4")])
    for _ in range(claims.MAX_ATTEMPTS):
        assert claims.claim() is not None
        _end_lease(run)
        claims.take_up_stale()
    run.refresh_from_db()
    assert (run.status, run.error) == (RunStatus.FAILED, claims.GAVE_UP)
    assert claims.claim() is None


def test_a_slow_reader_touches_nothing_once_another_took_over(by_hand: FeedImport) -> None:
    run, _ = asking.ask(by_hand, None, [lines("p-1,Tea,9,4")])
    slow = claims.claim()
    assert slow is not None
    _end_lease(run)
    claims.take_up_stale()
    other = claims.claim()
    assert other is not None
    reading.read(slow)
    assert (Product.objects.count(), uploads.place_of(run.code).exists()) == (0, True)
    reading.read(other)
    run.refresh_from_db()
    assert (run.status, run.good) == (RunStatus.DONE, 1)


def test_one_import_has_one_open_run(by_hand: FeedImport) -> None:
    first, new = asking.ask(by_hand, None, [lines("p-1,Tea,9,4")])
    second, again = asking.ask(by_hand, None, [lines("p-2,Tea,9,4")])
    assert (second, new, again) == (first, True, False)
    assert [path.name for path in uploads.place_of(first.code).parent.iterdir()] == [str(first.code)]


def test_an_upload_that_is_not_here_fails_in_words(by_hand: FeedImport) -> None:
    run, _ = asking.ask(by_hand, None, [lines("p-1,Tea,9,4")])
    uploads.drop(run.code)
    jobs.run_imports()
    run.refresh_from_db()
    assert "data directory" in run.error


def test_files_left_behind_are_removed_after_a_day(by_hand: FeedImport, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, _ = asking.ask(by_hand, None, [lines("p-1,Tea,9,4")])
    orphan = uploads.place_of(by_hand.code)
    orphan.write_bytes(b"left")
    uploads.drop_orphans()
    assert orphan.exists()
    later = time.time() + uploads.ORPHANED_SECONDS + 1
    monkeypatch.setattr(uploads.time, "time", lambda: later)
    uploads.drop_orphans()
    assert (orphan.exists(), uploads.place_of(kept.code).exists()) == (False, True)


def test_only_the_last_runs_are_kept(by_hand: FeedImport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "KEPT_RUNS", 2)
    for _ in range(4):
        upload(by_hand, lines("p-1,Tea,9,4"))
    assert by_hand.runs.count() == 2


def test_merchants_do_not_touch_each_others_products(by_hand: FeedImport) -> None:
    foreign = make.product(make.merchant(), key="p-1", name="Theirs")
    upload(by_hand, lines("p-1,Ours,9,4"))
    foreign.refresh_from_db()
    assert foreign.name == "Theirs"
    assert not Stock.objects.filter(product=foreign).exists()


def _end_lease(run: ImportRun) -> None:
    ImportRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
