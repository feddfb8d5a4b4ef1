"""Connecting, rotating, disconnecting: by command, and what it means for calls and for the wizard."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import CartTrigger, Timer
from aiq.lib.commands import Refused
from integrations import connecting, keys
from integrations.connecting import CannotConnectError, Wish
from integrations.models import Connection
from integrations.providers import PROVIDERS
from integrations.signatures import live_secrets, set_secrets
from tests import factories as make

pytestmark = pytest.mark.django_db
GENERIC, SHOPIFY = PROVIDERS.get("generic"), PROVIDERS.get("shopify")


def answer(*args: Any) -> Any:
    out = io.StringIO()
    call_command(*args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_connect_store_shows_key_and_addresses_once(settings: Any) -> None:
    settings.PUBLIC_URL = "https://cart.example"
    make.merchant(slug="fern")
    made = answer("connect_store", "fern", "generic", "--name", "Downtown")
    connection = Connection.objects.get()
    assert set(made) == {"connection", "api_key", "webhook_url", "secret"}
    assert made["webhook_url"] == f"https://cart.example/webhooks/{connection.code}/"
    caller = keys.caller_of(made["api_key"], timezone.now())
    assert caller is not None
    assert caller.code == connection.code
    assert made["api_key"] not in str(connection.api_keys.values())


def test_a_secret_that_the_provider_makes_is_taken_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    make.merchant(slug="fern")
    monkeypatch.setattr("sys.stdin", io.StringIO("shpss_secret\n"))
    made = answer("connect_store", "fern", "shopify", "--secret-stdin")
    connection = Connection.objects.get()
    assert made["secret"] is None
    assert live_secrets(connection) == ("shpss_secret",)
    assert "shpss_secret" not in connection.secrets_encrypted


def test_an_empty_secret_is_refused_and_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    make.merchant(slug="fern")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    with pytest.raises(Refused, match="no secret"):
        answer("connect_store", "fern", "shopify", "--secret-stdin")
    assert not Connection.objects.exists()


def test_a_connection_that_still_lacks_its_secret_says_so_beside_the_document() -> None:
    make.merchant(slug="fern")
    out, said = io.StringIO(), io.StringIO()
    call_command("connect_store", "fern", "shopify", "--json", stdout=out, stderr=said)
    assert json.loads(out.getvalue())["secret"] is None
    assert "secret" in said.getvalue()


@pytest.mark.parametrize("wrong", ["--shoppers=0", "--shoppers=-1", "--minutes=-1", "--minutes=nan", "--minutes=inf"])
def test_a_sample_shop_without_an_end_in_sight_is_wrong_use(wrong: str) -> None:
    make.merchant(slug="fern")
    with pytest.raises(CommandError, match="above 0"):
        answer("simulate_shop", "fern", wrong)
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("slug", "wished", "minutes", "timer"),
    [
        ("shopify", None, 60, Timer.OURS),
        ("shopify", 20, 20, Timer.OURS),
        ("generic", None, None, Timer.THEIRS),
        ("generic", 30, 30, Timer.OURS),
    ],
)
def test_the_timer_follows_from_provider_and_quiet_period(
    slug: str, wished: int | None, minutes: int | None, timer: str
) -> None:
    made = connecting.connect(make.merchant(), PROVIDERS.get(slug), Wish(store="s1", quiet_period=wished)).connection
    assert made.quiet_period_minutes == minutes
    assert made.stores.get().timer == timer


def test_a_quiet_period_out_of_bounds_is_refused_and_nothing_is_made() -> None:
    with pytest.raises(CannotConnectError):
        connecting.connect(make.merchant(), SHOPIFY, Wish(quiet_period=1))
    assert not Connection.objects.exists()


def test_a_store_is_found_by_its_id_or_made() -> None:
    merchant = make.merchant()
    known = make.store(merchant, slug="north")
    assert connecting.connect(merchant, GENERIC, Wish(store="north")).connection.stores.get() == known
    made = connecting.connect(merchant, GENERIC, Wish(name="South Shop")).connection.stores.get()
    assert (made.slug, made.name) == ("south-shop", "South Shop")


def test_a_store_learns_nothing_it_knew_before_and_forgets_it_with_its_last_connection() -> None:
    merchant = make.merchant()
    one = connecting.connect(merchant, SHOPIFY, Wish(store="s")).connection
    two = connecting.connect(merchant, GENERIC, Wish(store="s")).connection
    store = one.stores.get()
    assert (store.cart_trigger, store.timer) == (CartTrigger.DYNAMIC, Timer.OURS)
    connecting.disconnect(one, timezone.now())
    store.refresh_from_db()
    assert (store.cart_trigger, store.timer) == (CartTrigger.DYNAMIC, Timer.THEIRS)
    connecting.disconnect(two, timezone.now())
    store.refresh_from_db()
    assert store.cart_trigger == CartTrigger.NONE


def test_a_new_key_works_beside_the_old_one_until_the_overlap_is_over() -> None:
    made = connecting.connect(make.merchant(), GENERIC, Wish())
    now = timezone.now()
    new = answer("rotate_key", str(made.connection.code), "--overlap", "2h", "--yes")["api_key"]
    assert keys.caller_of(made.api_key, now)
    assert keys.caller_of(made.api_key, now + timedelta(hours=3)) is None
    assert keys.caller_of(new, now + timedelta(days=99))


@pytest.mark.parametrize(
    ("overlap", "words"), [("24h", "in 24 hours"), ("1h", "in 1 hour"), ("90m", "in 90 minutes"), ("0", "at once")]
)
def test_rotating_says_in_words_when_the_old_keys_stop(overlap: str, words: str) -> None:
    made = connecting.connect(make.merchant(), GENERIC, Wish())
    with pytest.raises(Refused, match=f"stop {words}\\."):
        answer("rotate_key", str(made.connection.code), "--overlap", overlap)


def test_a_disconnected_store_hears_that_it_is_switched_off(client: Any) -> None:
    made = connecting.connect(make.merchant(), GENERIC, Wish())
    assert answer("disconnect_store", str(made.connection.code), "--yes")["status"] == "disconnected"
    call = client.post("/v2/cart", "{}", content_type="application/json", headers={"X-APIKEY": made.api_key})
    assert call.status_code == 403
    made.connection.refresh_from_db()
    assert made.connection.secrets_encrypted == ""
    assert not connecting.disconnect(made.connection, timezone.now())


@pytest.mark.parametrize("command", ["rotate_key", "disconnect_store"])
def test_without_a_terminal_and_without_yes_nothing_happens(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = connecting.connect(make.merchant(), GENERIC, Wish())
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(Refused):
        answer(command, str(made.connection.code))
    made.connection.refresh_from_db()
    assert made.connection.disconnected_at is None
    assert made.connection.api_keys.count() == 1


@pytest.mark.parametrize("code", ["nonsense", "7a7a7a7a-0000-4000-8000-000000000000"])
def test_an_unknown_connection_is_refused_in_words(code: str) -> None:
    with pytest.raises(Refused, match="list_connections"):
        answer("rotate_key", code, "--yes")


def test_connections_are_listed_of_one_merchant_or_of_all() -> None:
    mine, other = make.merchant(slug="mine"), make.merchant(slug="other")
    for merchant in (mine, other):
        connecting.connect(merchant, GENERIC, Wish(name="Shop", store="s"))
    (row,) = answer("list_connections", "--merchant", "mine")
    assert (row["merchant"], row["stores"], row["status"]) == ("mine", ["s"], "connected")
    assert len(answer("list_connections")) == 2


def test_secrets_are_stored_anew_under_the_present_key_and_a_lost_key_is_named(settings: Any) -> None:
    merchant = make.merchant(slug="fern")
    kept, lost = make.connection(merchant), make.connection(merchant, name="Lost")
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "gone", []
    set_secrets(lost, ["whsec_lost"])
    settings.DATA_KEY = "old"
    set_secrets(kept, ["whsec_kept"])
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "new", ["old"]
    with pytest.raises(Refused, match=f"1 stored anew.*{lost.code}"):
        answer("reencrypt")
    settings.DATA_KEY_FALLBACKS = []
    kept.refresh_from_db()
    assert live_secrets(kept) == ("whsec_kept",)
    lost.delete()
    assert answer("reencrypt") == {"connections": 1}
