"""What support types: exit codes, asking, and one JSON document."""

import json
import sys
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Merchant
from aiq.lib.commands import Refused
from campaigns.consent import suppressions
from campaigns.management.commands import release_unknown
from campaigns.models import Decision, Delivery, Suppression
from integrations.management.commands import list_stuck
from integrations.models import InboundEvent
from tests import factories

pytestmark = pytest.mark.django_db


def run(*words: Any) -> Any:
    """The JSON document that a command answers with, and nothing else on standard output."""
    out = StringIO()
    call_command(*[str(word) for word in words], "--json", stdout=out)
    return json.loads(out.getvalue())


def said(*words: Any) -> str:
    out = StringIO()
    call_command(*[str(word) for word in words], stdout=out)
    return out.getvalue()


def delivery(status: str, merchant: Merchant | None = None, **fields: Any) -> Delivery:
    merchant = merchant or factories.merchant()
    campaign = factories.live_campaign(merchant, name="Cart")
    return factories.delivery(campaign, factories.abandoned_cart(merchant), status=status, **fields)


def test_list_stuck_shows_what_needs_somebody_and_the_next_step() -> None:
    one = delivery("unknown")
    (row,) = run("list_stuck")
    assert row["delivery"] == str(one.code)
    assert row["merchant"] == one.merchant.slug
    assert row["next"] == f"release_unknown {one.code} --as sent|failed|pending"
    assert str(one.code) in said("list_stuck", "--merchant", one.merchant.slug)
    assert run("list_stuck", "--merchant", factories.merchant().slug) == []


def test_list_stuck_shows_events_in_quarantine_newest_first_and_what_to_type() -> None:
    door = factories.connection(factories.merchant())
    state: dict[str, Any] = {"state": "quarantined", "reason": "invalid_document"}
    old = factories.event(door, received_at=timezone.now() - timedelta(days=31), **state)
    first, second = factories.event(door, **state), factories.event(door, state="quarantined", reason="not_json_syntax")
    one, other = delivery("unknown", door.merchant), factories.event(door)
    InboundEvent.objects.filter(key=first).update(note="/email: not an address")
    rows = run("list_stuck")
    assert [row["event"] or row["delivery"] for row in rows] == [str(it.code) for it in (one, second, first)]
    assert (rows[1]["delivery"], rows[1]["reason"], "send it again" in rows[1]["next"]) == (
        None,
        "not_json_syntax",
        True,
    )
    assert rows[2]["problem"] == "A field is wrong. /email: not an address"
    assert rows[2]["next"] == f"mend the cause, then replay_webhook {first.code}"
    text = said("list_stuck", "--merchant", door.merchant.slug)
    assert f"replay_webhook {first.code}" in text
    assert not [code for code in (old.code, other.code) if str(code) in text]
    assert run("list_stuck", "--merchant", factories.merchant().slug) == []


def test_list_stuck_says_how_many_events_it_leaves_out_and_asks_no_more_for_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(list_stuck, "MOST_EVENTS", 2)
    door, seen = factories.connection(factories.merchant()), []
    for _ in range(3):
        factories.event(door, state="quarantined", reason="translation_failed")
        with CaptureQueriesContext(connection) as captured:
            seen.append((said("list_stuck").count("replay_webhook"), len(captured)))
    assert [rows for rows, _ in seen] == [1, 2, 2]
    assert len({queries for _, queries in seen}) == 1
    assert "newest 2 events in quarantine" in said("list_stuck")


def test_list_stuck_says_so_where_nothing_is_stuck() -> None:
    assert "Nothing is stuck." in said("list_stuck")


def test_resend_delivery_puts_it_back_and_answers_with_its_state() -> None:
    one = delivery("failed", reason="refused")
    assert run("resend_delivery", one.code, "--yes") == {"delivery": str(one.code), "status": "pending"}
    assert "on the command line" in Decision.objects.get().checks[0]["saw"]


@pytest.mark.parametrize("to", ["sent", "failed", "pending"])
def test_release_unknown_settles_it(to: str) -> None:
    one = delivery("unknown")
    assert run("release_unknown", one.code, "--as", to, "--yes") == {"delivery": str(one.code), "status": to}


def test_suppress_and_unsuppress_are_each_others_opposite() -> None:
    merchant = factories.merchant()
    assert run("suppress", " Avery@Example.com", "--merchant", merchant.slug, "--yes")["status"] == "suppressed"
    assert suppressions.reason_for(merchant, "avery@example.com") == "Suppressed by staff"
    assert run("unsuppress", "avery@example.com", "--merchant", merchant.slug, "--yes")["status"] == "not suppressed"
    assert not Suppression.objects.exists()


def test_a_phone_number_is_suppressed_in_whatever_way_it_is_written() -> None:
    merchant = factories.merchant()
    run("suppress", "+1 (303) 555-0111", "--merchant", merchant.slug, "--yes")
    assert suppressions.reason_for(merchant, "+13035550111")


def test_what_cannot_be_done_is_refused_with_a_reason_and_changes_nothing() -> None:
    merchant = factories.merchant()
    one, slug = delivery("sent", merchant), merchant.slug
    suppressions.suppress(merchant, "twice@example.com", "bounce")
    for words, reason in [
        (("resend_delivery", one.code, "--yes"), "was sent"),
        (("release_unknown", one.code, "--as", "failed", "--yes"), "outcome is known"),
        (("resend_delivery", "no-code", "--yes"), "There is no delivery"),
        (("release_unknown", merchant.code, "--as", "sent", "--yes"), "There is no delivery"),
        (("list_stuck", "--merchant", "nobody"), "There is no merchant"),
        (("suppress", "a@example.com", "--merchant", "nobody", "--yes"), "There is no merchant"),
        (("suppress", "neither", "--merchant", slug, "--yes"), "neither an email address"),
        (("suppress", "not an@ address", "--merchant", slug, "--yes"), "neither an email address"),
        (("suppress", "twice@example.com", "--merchant", slug, "--yes"), "already: hard bounce"),
        (("unsuppress", "never@example.com", "--merchant", slug, "--yes"), "not suppressed"),
    ]:
        with pytest.raises(Refused, match=reason):
            said(*words)
    assert Delivery.objects.get().status == "sent"
    assert Suppression.objects.count() == 1


def test_without_a_terminal_and_without_yes_they_refuse(monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("y\n"))
    one = delivery("unknown")
    for words in [
        ("resend_delivery", one.code),
        ("release_unknown", one.code, "--as", "sent"),
        ("suppress", "a@example.com", "--merchant", one.merchant.slug),
    ]:
        with pytest.raises(Refused, match="add --yes"):
            said(*words)
    assert Delivery.objects.get().status == "unknown"
    assert not Suppression.objects.exists()


def test_a_word_that_release_unknown_does_not_know_is_wrong_use() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        said("release_unknown", delivery("unknown").code, "--as", "lost", "--yes")


def test_exit_codes_are_one_for_refused_and_two_for_wrong_use() -> None:
    command = release_unknown.Command()
    command._called_from_command_line = True
    with pytest.raises(SystemExit) as wrong:
        command.create_parser("manage.py", "release_unknown").parse_args(["x", "--as", "lost"])
    assert (Refused("no").returncode, wrong.value.code) == (1, 2)
