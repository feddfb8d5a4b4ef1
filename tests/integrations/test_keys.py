from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import keys
from integrations.models import ApiKey
from tests import factories
from tests.integrations.shops import shop

pytestmark = pytest.mark.django_db


def test_a_key_is_kept_only_as_its_digest() -> None:
    store = shop()
    row = ApiKey.objects.get()
    assert store.key.startswith("aiq_")
    assert len(store.key) > 40
    assert store.key.startswith(row.prefix)
    assert len(bytes(row.digest)) == 32


def test_a_key_selects_its_connection_and_merchant() -> None:
    store = shop()
    caller = keys.caller_of(store.key, timezone.now())
    assert caller
    assert (caller.code, caller.merchant_id) == (store.connection.code, store.connection.merchant_id)
    assert caller.default_store_id == store.connection.stores.get().pk


def test_a_connection_without_stores_has_keys_too() -> None:
    key = keys.create_key(factories.connection(factories.merchant()))
    caller = keys.caller_of(key, timezone.now())
    assert caller
    assert caller.default_store_id is None


def test_old_keys_work_on_while_they_overlap() -> None:
    store, now = shop(), timezone.now()
    new = keys.rotate_key(store.connection, overlap=timedelta(hours=24), now=now)
    keys.forget_callers()
    assert keys.caller_of(store.key, now + timedelta(hours=23))
    assert keys.caller_of(store.key, now + timedelta(hours=25)) is None
    assert keys.caller_of(new, now + timedelta(days=400))


def test_rotating_twice_does_not_lengthen_the_first_key() -> None:
    store, now = shop(), timezone.now()
    keys.rotate_key(store.connection, overlap=timedelta(hours=1), now=now)
    keys.rotate_key(store.connection, overlap=timedelta(hours=48), now=now)
    keys.forget_callers()
    assert keys.caller_of(store.key, now + timedelta(hours=2)) is None


def test_a_revoked_key_stops_within_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = shop(), timezone.now()
    clock = [1000.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: clock[0])
    assert keys.caller_of(store.key, now)
    assert keys.revoke_keys(store.connection, now=now) == 1
    clock[0] += 30
    assert keys.caller_of(store.key, now) is None


def test_a_key_made_just_after_it_was_asked_for_is_found_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = shop(), timezone.now()
    clock = [1000.0]
    monkeypatch.setattr(keys.time, "monotonic", lambda: clock[0])
    ApiKey.objects.update(revoked_at=now)
    assert keys.caller_of(store.key, now) is None
    ApiKey.objects.update(revoked_at=None)
    clock[0] += keys.UNKNOWN_KEPT_SECONDS + 0.1
    assert keys.caller_of(store.key, now)


def test_a_look_up_is_kept_for_a_while(django_assert_num_queries: object) -> None:
    store, now = shop(), timezone.now()
    keys.caller_of(store.key, now)
    with django_assert_num_queries(0):  # type: ignore[operator]
        keys.caller_of(store.key, now)


def test_guessing_keys_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "CACHE_SIZE", 5)
    for number in range(20):
        keys.caller_of(f"aiq_{number}", timezone.now())
    assert len(keys._callers._answers) <= 5
