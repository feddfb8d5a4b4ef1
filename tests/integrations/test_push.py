"""Browsers subscribe from a store's pages: who may, whose they are, what that says of consent; and what then arrives."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from campaigns import lifecycle
from campaigns.channels.push import PushChannel
from campaigns.channels.webpush import public_key
from campaigns.consent import consents
from campaigns.models import Consent, Decision, Delivery, PushSubscription, Shopper, TrackingEvent
from campaigns.notifications import subscribing
from campaigns.starters import starters
from tests import factories, pushservice
from tests.campaigns.test_leaving import zone_where_it_is
from tests.pipeline import Shop, run_workers
from tests.pushservice import Service

pytestmark = pytest.mark.django_db
ORIGIN = "https://shop.example"
AVERY = {"srcID": "c-1", "email": "avery@example.com"}


@pytest.fixture
def shop() -> Shop:
    made = Shop(factories.merchant(name="Fernwood"))
    made.store.url = f"{ORIGIN}/start"
    made.store.save()
    return made


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    settings.OUTBOUND_LOOPBACK = True
    with pushservice.serving() as made:
        yield made


def token(shop: Shop, **customer: str) -> str:
    answer = shop.call("POST", "/v2/push/tokens", {"customer": customer or AVERY})
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)["data"]["token"]


def call(shop: Shop, body: Any, method: str = "POST", origin: str | None = ORIGIN) -> HttpResponse:
    headers = {"Origin": origin} if origin else {}
    data = body if isinstance(body, str) else json.dumps(body)
    path = f"/push/{shop.store.code}/subscriptions"
    return Client().generic(method, path, data, content_type="application/json", headers=headers)  # type: ignore[return-value]


def browser(client: pushservice.Client, shopper: str, **fields: Any) -> dict[str, Any]:
    said = {"endpoint": client.endpoint, "keys": client.keys, "shopper": shopper, "asked": True}
    return said | {"wording": "Remind me of my cart"} | fields


def standing() -> list[tuple[str, str]]:
    rows = Consent.objects.filter(channel="push", closed_at__isnull=True)
    return [(row.status, row.wording) for row in rows]


def test_a_browser_whose_shopper_presses_the_button_is_theirs_and_that_is_the_opt_in(
    shop: Shop, service: Service
) -> None:
    answer = call(shop, browser(service.client(), token(shop)))
    assert (answer.status_code, json.loads(answer.content)) == (200, {"data": {"reminders": True}})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    row = PushSubscription.objects.get()
    assert (row.shopper.email, row.gone_at) == ("avery@example.com", None)
    consent = Consent.objects.get(channel="push")
    assert (consent.status, consent.wording) == ("subscribed", "Remind me of my cart")
    assert consent.source == "browser permission at North Loop"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://shop.example", "https://shop.example:8443", None])
def test_only_pages_of_the_store_may_call(shop: Shop, service: Service, origin: str | None) -> None:
    for method in ("OPTIONS", "POST", "DELETE"):
        answer = call(shop, browser(service.client(), token(shop)), method, origin)
        assert answer.status_code == 403
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert PushSubscription.objects.count() == 0


def test_a_page_is_told_what_it_may_do_before_it_does_it(shop: Shop) -> None:
    answer = call(shop, "", "OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, DELETE"
    assert answer.headers["Vary"] == "Origin"


def test_nobody_attaches_a_browser_without_the_token_of_that_shopper(shop: Shop, service: Service) -> None:
    other = Shop(factories.merchant())
    stale = subscribing.token_for(factories.shopper(shop.merchant).code, timezone.now() - timedelta(hours=25))
    for wrong in ("", "avery@example.com", token(other), stale, token(shop)[:-2] + "AA"):
        answer = call(shop, browser(service.client(), wrong))
        assert (answer.status_code, json.loads(answer.content)["errors"][0]["pointer"]) == (422, "/shopper")
    assert (PushSubscription.objects.count(), Consent.objects.filter(channel="push").count()) == (0, 0)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"endpoint": "http://push.example/x"}, "/endpoint"),
        ({"endpoint": "https://127.0.0.1/x"}, "/endpoint"),
        ({"endpoint": "https://10.0.0.8/x"}, "/endpoint"),
        ({"endpoint": "https://[::1]/x"}, "/endpoint"),
        ({"endpoint": "https://169.254.169.254/latest"}, "/endpoint"),
        ({"endpoint": "https://8.8.8.8:25/x"}, "/endpoint"),
        ({"endpoint": "https://user:pass@8.8.8.8/x"}, "/endpoint"),
        ({"endpoint": "javascript:alert(1)"}, "/endpoint"),
        ({"keys": {"p256dh": "AAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}}, "/keys/p256dh"),
        ({"keys": {"auth": "AAAAAAAAAAAAAAAAAAAAAA"}}, "/keys/p256dh"),
        ({"endpoint": None}, "/endpoint"),
    ],
)
def test_what_no_browser_gives_is_refused_and_nothing_is_kept(
    shop: Shop, settings: Any, change: dict[str, Any], pointer: str
) -> None:
    settings.OUTBOUND_LOOPBACK = False
    answer = call(shop, browser(pushservice.Client("https://8.8.8.8/x"), token(shop)) | change)
    assert (answer.status_code, json.loads(answer.content)["errors"][0]["pointer"]) == (422, pointer)
    assert PushSubscription.objects.count() == 0


@pytest.mark.parametrize(("body", "status"), [("{", 400), ('{"a":1,"a":2}', 400), ("[]", 422), ("x" * 9000, 413)])
def test_whatever_is_posted_the_answer_is_a_problem(shop: Shop, body: str, status: int) -> None:
    assert call(shop, body).status_code == status


def test_a_browser_that_says_again_whose_it_is_reopens_no_opt_out(shop: Shop, service: Service) -> None:
    client = service.client()
    call(shop, browser(client, token(shop)))
    shopper = Shopper.objects.get()
    consents.opt_out(shopper.pk, "push", source="preference page", now=timezone.now())
    answer = call(shop, browser(client, token(shop), asked=False))
    assert json.loads(answer.content) == {"data": {"reminders": False}}
    assert [status for status, _ in standing()] == ["unsubscribed"]
    call(shop, browser(client, token(shop), asked=True, wording="Yes, again"))
    assert standing() == [("subscribed", "Yes, again")]


def test_a_browser_follows_whoever_signs_in(shop: Shop, service: Service) -> None:
    client = service.client()
    call(shop, browser(client, token(shop)))
    call(shop, browser(client, token(shop, srcID="c-2", email="blake@example.com"), asked=False))
    assert PushSubscription.objects.get().shopper.email == "blake@example.com"


def test_the_last_browser_that_is_switched_off_is_an_opt_out(shop: Shop, service: Service) -> None:
    first, second = service.client("/one"), service.client("/two")
    for client in (first, second):
        call(shop, browser(client, token(shop)))
    call(shop, {"endpoint": first.endpoint}, "DELETE")
    assert [status for status, _ in standing()] == ["subscribed"]
    call(shop, {"endpoint": second.endpoint}, "DELETE")
    assert [status for status, _ in standing()] == ["unsubscribed"]
    assert PushSubscription.objects.filter(gone_at__isnull=True).count() == 0


def test_a_store_in_a_loop_is_told_to_wait(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.limits.time.time", lambda: 1_000.0)
    answers = [call(shop, {"endpoint": "https://push.example/x"}, "DELETE").status_code for _ in range(51)]
    assert answers == [200] * 50 + [429]


def test_one_token_cannot_fill_the_table(shop: Shop, service: Service) -> None:
    own = token(shop)
    for number in range(subscribing.MOST_KEPT + 2):
        call(shop, browser(service.client(f"/{number}"), own))
    assert PushSubscription.objects.filter(gone_at__isnull=True).count() == subscribing.MOST_KEPT


def test_the_scripts_are_for_other_origins_and_hold_the_key(shop: Shop) -> None:
    page, worker = Client().get(f"/push/{shop.store.code}/aiq-push.js"), Client().get("/push/sw.js")
    assert f'"key":"{public_key()}"' in page.content.decode()
    assert f"/push/{shop.store.code}/subscriptions" in page.content.decode()
    for answer in (page, worker):
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert Client().get(f"/push/{shop.merchant.code}/aiq-push.js").status_code == 404


@pytest.fixture
def no_quiet_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests run at any hour."""
    monkeypatch.setattr(PushChannel, "quiet_hours", False)


def abandon(shop: Shop) -> None:
    line = {"id": "p-1", "name": "Tea", "price": "12.50", "image": "https://cdn.example/tea.png"}
    cart = {"eventID": "evt-1", "cartID": "cart-1", "cartURL": f"{ORIGIN}/cart/1", "customer": AVERY, "currency": "USD"}
    shop.post("/v2/cart", cart | {"products": [line], "timestamp": datetime.now(UTC).isoformat()})


@pytest.fixture
def campaign(shop: Shop, settings: Any, tmp_path: Path) -> None:
    settings.CATCHER_DIR = tmp_path
    starter = starters("push")["push-reminder"]
    extras = {"picture": starter.picture, "button": starter.button}
    words = {"channel": "push", "subject": starter.subject, "body": starter.body, "feed": True, "extras": extras}
    made = factories.campaign(shop.merchant, step=words | {"delay_minutes": 0})
    lifecycle.set_live(made, None, timezone.now() - timedelta(minutes=1))


@pytest.mark.usefixtures("campaign")
def test_a_notification_waits_for_the_morning_where_the_shopper_is(
    shop: Shop, service: Service, tmp_path: Path
) -> None:
    call(shop, browser(service.client(), token(shop)))
    Shopper.objects.update(timezone=zone_where_it_is(3))
    abandon(shop)
    run_workers()
    delivery = Delivery.objects.get()
    assert (list(tmp_path.glob("*.json")), delivery.status) == ([], "pending")
    assert Decision.objects.get(kind="step").reason == "quiet_hours"
    assert delivery.send_at > timezone.now() + timedelta(hours=3)


@pytest.mark.usefixtures("campaign", "no_quiet_hours")
@pytest.mark.django_db(transaction=True)
def test_from_a_cart_to_the_notification_and_back_to_the_cart(shop: Shop, service: Service, tmp_path: Path) -> None:
    call(shop, browser(service.client(), token(shop)))
    abandon(shop)
    run_workers()
    [note] = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert (note["recipient"], note["title"]) == ("avery@example.com", "Your cart is waiting")
    assert note["image"] == "https://cdn.example/tea.png"
    assert [one["title"] for one in note["actions"]] == ["Return to your cart", "Stop reminders"]
    click = Client().get("/" + note["url"].split("/", 3)[3])
    assert (click.status_code, click.headers["Location"]) == (302, f"{ORIGIN}/cart/1")
    assert TrackingEvent.objects.get(kind="clicked").delivery.code == Delivery.objects.get().code
    shown = "/" + note["shown"].split("/", 3)[3]
    assert (Client().get(shown).status_code, Client().post(f"/n/{click.wsgi_request.path[3:]}").status_code) == (
        405,
        404,
    )
    assert Delivery.objects.get().status == "sent"
    assert [Client().post(shown).status_code for _ in range(2)] == [204, 204]
    assert (Delivery.objects.get().status, TrackingEvent.objects.filter(kind="delivered").count()) == ("delivered", 1)
    stop = "/" + note["actions"][1]["url"].split("/", 3)[3]
    assert Client().get(stop).status_code == 200
    assert [status for status, _ in standing()] == ["subscribed"]
    staff = Client()
    staff.force_login(factories.user(Role.OWNER, shop.merchant))
    page = staff.get(f"/admin/deliveries/{Delivery.objects.get().code}/").content.decode()
    assert "Your cart is waiting" in page
    assert "<dd>avery@example.com</dd>" in page
    assert service.client().endpoint not in page


@pytest.mark.usefixtures("campaign", "no_quiet_hours")
@pytest.mark.django_db(transaction=True)
def test_a_shopper_whose_only_browser_is_gone_is_not_written_to_again(
    shop: Shop, service: Service, settings: Any
) -> None:
    settings.PUSH_CONTACT = "mailto:ops@shop.example"
    service.says["/one"] = 410
    call(shop, browser(service.client(), token(shop)))
    abandon(shop)
    run_workers()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason) == ("failed", "refused")
    assert PushSubscription.objects.get().gone_at is not None
    assert len(service.taken) == 1


@pytest.mark.usefixtures("campaign", "no_quiet_hours")
@pytest.mark.django_db(transaction=True)
def test_nothing_goes_to_a_browser_that_was_switched_off(shop: Shop, service: Service, tmp_path: Path) -> None:
    client = service.client()
    call(shop, browser(client, token(shop)))
    abandon(shop)
    call(shop, {"endpoint": client.endpoint}, "DELETE")
    run_workers()
    assert list(tmp_path.glob("*.json")) == []
    assert Delivery.objects.get().status in {"pending", "skipped"}
