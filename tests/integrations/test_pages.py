"""The pages of Integrations, as an operator uses them and as nobody else can."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Merchant, Role, Store
from integrations import connecting, keys
from integrations.connecting import Connected, Wish
from integrations.models import Connection
from integrations.providers import PROVIDERS
from integrations.signatures import live_secrets
from tests import factories as make

pytestmark = pytest.mark.django_db
HOME = "/admin/integrations/"


@pytest.fixture
def merchant() -> Merchant:
    return make.merchant()


@pytest.fixture
def operator(client: Client, merchant: Merchant) -> Client:
    client.force_login(make.user(Role.OPERATOR, merchant))
    return client


def connected(merchant: Merchant, provider: str = "generic", **wish: Any) -> Connected:
    return connecting.connect(merchant, PROVIDERS.get(provider), Wish(**{"name": "Downtown"} | wish))


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_an_empty_page_offers_the_first_step(operator: Client) -> None:
    assert "No store is connected yet" in text(operator.get(HOME))
    assert "Shopify" in text(operator.get(f"{HOME}connect/"))


def test_connecting_shows_the_key_once_and_a_call_to_try(operator: Client, merchant: Merchant) -> None:
    page = operator.post(f"{HOME}connect/generic/", {"name": "Downtown"}, follow=True)
    found = re.search(r"aiq_[\w-]{20,}", text(page))
    assert found
    assert f"-H 'X-APIKEY: {found[0]}'" in text(page)
    caller = keys.caller_of(found[0], timezone.now())
    assert caller is not None
    assert caller.merchant_id == merchant.pk
    assert found[0] not in text(operator.get(page.request["PATH_INFO"]))


def test_the_key_is_not_readable_in_the_session(operator: Client) -> None:
    operator.post(f"{HOME}connect/generic/", {"name": "Downtown"})
    assert "aiq_" not in str(dict(operator.session))


def test_the_page_waits_for_the_first_event_and_then_says_what_came(operator: Client, merchant: Merchant) -> None:
    made = connected(merchant)
    piece = f"{HOME}{made.connection.code}/first-event/"
    waiting = text(operator.get(piece))
    assert "Waiting for the first event" in waiting
    assert "every 2s" in waiting
    make.event(made.connection, state="quarantined", reason="invalid_document")
    arrived = text(operator.get(piece))
    assert "It was kept, but not used. A field is wrong." in arrived
    assert "A field is wrong." in text(operator.get("/admin/integrations/eventkey/"))
    assert "every 2s" not in arrived


def test_carts_are_switched_off_and_the_quiet_period_set(operator: Client, merchant: Merchant) -> None:
    made = connected(merchant).connection
    operator.post(f"{HOME}{made.code}/", {"name": "Renamed", "quiet_period": "45"})
    made.refresh_from_db()
    assert (made.name, made.carts_enabled, made.quiet_period_minutes) == ("Renamed", False, 45)
    assert made.stores.get().timer == "ours"


def test_a_wrong_quiet_period_is_said_beside_the_field(operator: Client, merchant: Merchant) -> None:
    made = connected(merchant).connection
    answer = operator.post(f"{HOME}{made.code}/", {"name": "X", "quiet_period": "1"})
    assert "greater than or equal to 5" in text(answer)
    made.refresh_from_db()
    assert made.name == "Downtown"


def test_shopifys_secret_is_asked_for_kept_and_never_shown(operator: Client, merchant: Merchant) -> None:
    made = connected(merchant, "shopify").connection
    assert "signing secret of Shopify is missing" in text(operator.get(HOME))
    operator.post(f"{HOME}{made.code}/secret/", {"secret": "shpss_abc"})
    made.refresh_from_db()
    assert live_secrets(made) == ("shpss_abc",)
    assert "shpss_abc" not in text(operator.get(f"{HOME}{made.code}/"))


def test_a_store_is_silent_only_once_it_had_a_day_to_speak(operator: Client, merchant: Merchant) -> None:
    made = connected(merchant, "shopify", secret="s").connection
    assert "Waiting for the first cart" in text(operator.get(HOME))
    for old in (Connection.objects.filter(pk=made.pk), Store.objects.filter(connections=made)):
        old.update(created_at=timezone.now() - timedelta(days=2))
    assert "Nothing has been heard for more than a day" in text(operator.get(HOME))


def test_what_is_copied_for_notifications_names_the_store_and_where_it_works(
    operator: Client, merchant: Merchant, settings: Any
) -> None:
    store = make.store(merchant, name="North Loop", url="https://shop.example/start")
    address = f"{HOME}{make.connection(merchant, [store, make.store(merchant, 'Nowhere', url='')]).code}/"
    page = text(operator.get(address))
    assert f'importScripts("{settings.PUBLIC_URL}/push/sw.js");' in page
    assert f"{settings.PUBLIC_URL}/push/{store.code}/aiq-push.js" in page
    assert "Only pages at <code>https://shop.example</code>" in page
    assert "Give Nowhere its address first" in page
    settings.VAPID_PRIVATE_KEY = ""
    assert "aiq-push.js" not in text(operator.get(address))


def test_a_new_key_is_shown_and_the_old_one_goes_on(operator: Client, merchant: Merchant) -> None:
    made = connected(merchant)
    page = text(operator.post(f"{HOME}{made.connection.code}/rotate/", follow=True))
    assert "Your API key" in page
    assert keys.caller_of(made.api_key, timezone.now())


def test_disconnecting_asks_and_names_what_will_happen(operator: Client, merchant: Merchant) -> None:
    made = connected(merchant, store="north").connection
    make.live_campaign(merchant)
    question = text(operator.get(f"{HOME}{made.code}/disconnect/"))
    assert "north" in question
    assert "1 live campaign" in question
    made.refresh_from_db()
    assert made.disconnected_at is None
    operator.post(f"{HOME}{made.code}/disconnect/")
    made.refresh_from_db()
    assert made.disconnected_at is not None


ADDRESSES = ["", "first-event/", "rotate/", "secret/", "disconnect/"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_merchants_connection_is_not_there(operator: Client, address: str, method: str) -> None:
    other = connected(make.merchant())
    before = Connection.objects.filter(pk=other.connection.pk).values().get()
    answer = getattr(operator, method)(f"{HOME}{other.connection.code}/{address}", {"secret": "x", "name": "x"})
    assert answer.status_code in {404, 405}
    assert Connection.objects.filter(pk=other.connection.pk).values().get() == before
    assert other.connection.api_keys.count() == 1


@pytest.mark.parametrize("role", ["marketing", "marketing_analyst", "analyst", "manager", "staff"])
@pytest.mark.parametrize("address", ["", "connect/", "connect/generic/"])
def test_a_role_without_settings_finds_nothing_here(
    client: Client, merchant: Merchant, role: str, address: str
) -> None:
    client.force_login(make.user(role, merchant))
    assert client.get(f"{HOME}{address}").status_code == 404


def test_the_list_costs_the_same_for_many_connections(operator: Client, merchant: Merchant) -> None:
    connected(merchant, store="one")
    operator.get(HOME)
    with CaptureQueriesContext(connection) as one:
        operator.get(HOME)
    for number in range(5):
        connected(merchant, name=f"Shop {number}", store=f"s{number}")
    with CaptureQueriesContext(connection) as six:
        assert "Shop 4" in text(operator.get(HOME))
    assert len(six) == len(one)
