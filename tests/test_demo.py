import json
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from accounts.models import Merchant, Role, User
from campaigns.models import (
    Campaign,
    CampaignStatus,
    Cart,
    Delivery,
    DeliveryStatus,
    Episode,
    Order,
    PushSubscription,
)
from campaigns.notifications import subscribing
from campaigns.refolding import refold
from integrations import demo, demo_history, demo_pages, simulator, simulator_catalog, simulator_pictures
from integrations.simulator_mailbox import Mailbox
from integrations.simulator_shoppers import STORIES, visit
from products.models import Product, Stock
from tests import factories, pipeline


@pytest.fixture
def folder(settings, tmp_path, monkeypatch):
    """A data folder of its own, few pictures and a short past."""
    settings.DATA_DIR, settings.MEDIA_ROOT, settings.CATCHER_DIR = tmp_path, tmp_path / "media", tmp_path / "inbox"
    monkeypatch.setattr(simulator_catalog, "SHELVES", simulator_catalog.SHELVES[:3])
    monkeypatch.setattr(demo_history, "DAYS", 5)
    monkeypatch.setattr(demo_history, "SPAN", timedelta(days=5))
    return tmp_path


@pytest.mark.django_db
def test_the_demo_is_a_merchant_with_stores_people_campaigns_and_a_past(folder):
    call_command("create_demo", stdout=StringIO())
    merchant = Merchant.objects.get(slug="fernwood")
    assert merchant.plan == "pro"
    assert merchant.stores.count() == 2
    assert set(merchant.memberships.values_list("role", flat=True)) == set(Role.values)
    assert sorted(Campaign.objects.values_list("status", flat=True)) == ["draft", "live"]
    [discount] = merchant.discounts.all()
    assert discount.codes.count() == demo.CODES
    assert [one.discount for one in Campaign.objects.get(status="live").version.contents.all()] == [discount, None]
    assert Product.objects.count() == 60
    assert Stock.objects.filter(in_stock=False).exists()
    assert Episode.objects.filter(recovered_at__isnull=False).exists()
    statuses = set(Delivery.objects.values_list("status", flat=True))
    assert {DeliveryStatus.SENT, DeliveryStatus.SKIPPED} <= statuses
    assert DeliveryStatus.PENDING not in statuses


@pytest.mark.django_db
def test_everybody_of_the_demo_can_log_in_with_what_its_file_says(folder, client):
    demo.create()
    told = json.loads((folder / "demo.json").read_text())
    assert told["simulate_args"][0] == told["merchant"] == "fernwood"
    assert len(told["logins"]) == len(Role)
    assert all(client.login(email=login["email"], password=login["password"]) for login in told["logins"])


@pytest.mark.django_db
def test_making_the_demo_again_changes_nothing_but_addresses(folder, settings):
    demo.create()
    before = [model.objects.count() for model in (User, Cart, Order, Delivery, Product, Stock)]
    settings.PUBLIC_URL = "https://demo.example"
    assert not demo.create().new
    assert [model.objects.count() for model in (User, Cart, Order, Delivery, Product, Stock)] == before
    assert Product.objects.first().image.startswith("https://demo.example/media/demo/")


@pytest.mark.django_db
def test_the_past_is_what_its_facts_give(folder):
    demo.create()
    fields = ("cart_id", "number", "abandoned_at", "closed_by", "recovered_at")
    before = set(Episode.objects.values_list(*fields))
    refold(set(Cart.objects.values_list("pk", flat=True)))
    assert set(Episode.objects.values_list(*fields)) == before


@pytest.mark.django_db
def test_only_a_shopper_of_the_sample_shop_is_given_a_made_up_browser(folder, rf):
    shopper = factories.shopper(demo.create().merchant)
    stranger = factories.shopper(factories.merchant())
    for one, status in ((shopper, 200), (stranger, 422)):
        body = {"token": subscribing.token_for(one.code, timezone.now())}
        assert demo_pages.notifications(rf.post("/", body, content_type="application/json")).status_code == status
    [subscription] = PushSubscription.objects.all()
    assert (subscription.shopper, subscription.endpoint[:21]) == (shopper, "https://push.example/")


def test_pictures_are_drawn_once_and_are_the_same_every_time(tmp_path, monkeypatch):
    monkeypatch.setattr(simulator_catalog, "SHELVES", simulator_catalog.SHELVES[:1])
    for name in ("one", "two"):
        simulator_pictures.write_all(tmp_path / name)
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert len(first) == 11


def test_every_shape_can_be_drawn():
    for shape in simulator_pictures.SHAPES:
        assert simulator_pictures.picture(shape, 120, 3).size == (480, 480)


def test_the_same_seed_plays_the_same_shoppers():
    products = simulator_catalog.products()
    first = [visit(7, number, products, ["a", "b"]) for number in range(20)]
    assert first == [visit(7, number, products, ["a", "b"]) for number in range(20)]
    assert first != [visit(8, number, products, ["a", "b"]) for number in range(20)]
    assert first[0].story == "buys_after"
    assert simulator.STORIES.keys() == STORIES.keys()


def test_keys_of_the_sample_shop_are_unique_and_there_are_two_hundred():
    keys = [product.key for product in simulator_catalog.products()]
    assert len(keys) == len(set(keys)) == 200


MAIL = b"""To: =?utf-8?q?Zo=C3=AB?= <zoe@example.com>
Subject: Your cart
X-AIQ-Delivery: 1
List-Unsubscribe: <https://x.example/u/tok_en-1>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<b>TEA-23K8GR7V</b> <a href="https://x.example/c/click-1">Back</a> <img src="https://x.example/o/open-1.gif">
"""


def test_a_shopper_finds_the_links_and_the_code_of_their_reminder(tmp_path):
    mailbox = Mailbox(tmp_path)
    (tmp_path / "1-a.eml").write_bytes(MAIL.replace(b"click-1", b"old"))
    mailbox.skip_what_is_there()
    assert mailbox.newest_for("zoe@example.com") is None
    (tmp_path / "2-b.eml").write_bytes(MAIL)
    mail = mailbox.newest_for("zoe@example.com")
    assert mail.click == "https://x.example/c/click-1"
    assert mail.open == "https://x.example/o/open-1.gif"
    assert mail.code == "TEA-23K8GR7V"
    assert mail.unsubscribe == "https://x.example/u/tok_en-1"


@pytest.mark.django_db(transaction=True)
def test_the_sample_shop_wins_an_order_back_over_http(folder, settings, live_server, smtp_sink, clean_redis):
    settings.PUBLIC_URL = live_server.url
    merchant = demo.create().merchant
    pipeline.go_live(merchant, timezone.now() - timedelta(hours=1), feed=True)
    Campaign.objects.filter(status=CampaignStatus.LIVE, name="Cart reminder").update(status=CampaignStatus.ARCHIVED)
    before = Episode.objects.filter(recovered_at__isnull=False).count()
    out = StringIO()
    with _workers():
        call_command("simulate_shop", "fernwood", "--shoppers", "1", "--seed", "3", "--json", stdout=out)
    tally = json.loads(out.getvalue())
    assert (tally["carts"], tally["reminded"], tally["recovered"], tally["errors"]) == (1, 1, 1, 0)
    assert len(smtp_sink.messages) == 1
    assert pipeline.run_workers() == 0
    assert Episode.objects.filter(recovered_at__isnull=False).count() == before + 1


class _workers:  # noqa: N801 - reads as what runs meanwhile
    """The workers in a thread of their own, as long as the block lasts."""

    def __enter__(self) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def __exit__(self, *_) -> None:
        self.stop.set()
        self.thread.join()

    def _work(self) -> None:
        while not self.stop.wait(0.05):
            pipeline.run_workers()
        connections.close_all()
