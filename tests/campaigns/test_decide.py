"""Every rule of the heart: each failing alone gives its reason, all are evaluated, and what waits is told from what is final."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from campaigns import reasons
from campaigns.decide import (
    Bought,
    ConsentSeen,
    EntryFacts,
    StepFacts,
    decide_entry,
    decide_step,
    entry,
    step,
)
from campaigns.models import Closed

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
EXPIRES = NOW + timedelta(hours=20)
EARLIER = NOW - timedelta(hours=2)

ENTERS = EntryFacts(
    campaign_status="live",
    live_since=NOW - timedelta(days=1),
    abandoned_at=NOW,
    store_included=True,
    store_name="North Loop",
    plan_covers=True,
    plan="Marketing Pro",
)
GOES = StepFacts(
    now=NOW,
    expires_at=EXPIRES,
    campaign_status="live",
    plan_covers=True,
    plan="Marketing Pro",
    shopper_known=True,
    has_address=True,
    in_audience=True,
    audience_saw="all subscribed users",
    consent=ConsentSeen(True, EARLIER),
)


def test_an_abandonment_enters_when_every_check_holds() -> None:
    verdict = decide_entry(ENTERS)
    assert (verdict.action, verdict.reason, verdict.until) == ("go", "", None)
    assert len(verdict.checks) == len(entry.RULES)
    assert all(check.passed for check in verdict.checks)


@pytest.mark.parametrize("closed_by", Closed)
def test_however_an_episode_ended_nothing_more_is_sent_for_it(closed_by: Closed) -> None:
    """What is handed over asks for an open episode: whoever let one go that is closed would claim it again for ever."""
    assert decide_step(replace(GOES, closed_by=closed_by, closed_at=EARLIER)).action == "stop"


@pytest.mark.parametrize(
    ("changed", "reason", "saw"),
    [
        ({"campaign_status": "paused"}, "campaign_not_live", "paused"),
        ({"campaign_status": "pending_approval"}, "campaign_not_live", "pending approval"),
        ({"live_since": NOW + timedelta(minutes=1)}, "abandoned_before_live", "live since 2026-11-24 14:01 UTC"),
        ({"live_since": None}, "abandoned_before_live", "live since never"),
        ({"store_included": False}, "other_store", "North Loop"),
        ({"store_included": False, "store_name": ""}, "other_store", "no store named"),
        ({"plan_covers": False, "plan": "Marketing Starter"}, "plan", "Marketing Starter"),
        ({"closed_by": "ordered", "closed_at": NOW}, "bought", "bought 2026-11-24 14:00 UTC"),
        ({"closed_by": "complete"}, "bought", "completed at the store"),
        ({"closed_by": "emptied", "closed_at": NOW}, "emptied", "emptied 2026-11-24 14:00 UTC"),
        ({"closed_by": "superseded", "closed_at": NOW}, "came_back", "came back 2026-11-24 14:00 UTC"),
        ({"closed_by": "elsewhere", "closed_at": NOW}, "bought_elsewhere", "said so 2026-11-24 14:00 UTC"),
    ],
)
def test_one_failing_entry_rule_keeps_it_out_for_good(changed: dict[str, Any], reason: str, saw: str) -> None:
    verdict = decide_entry(replace(ENTERS, **changed))
    assert (verdict.action, verdict.reason, verdict.until) == ("stop", reason, None)
    (failed,) = [check for check in verdict.checks if not check.passed]
    assert saw in failed.saw
    assert reasons.reason_of(failed.code) == reason


def test_a_cart_left_at_the_very_moment_of_going_live_counts() -> None:
    assert decide_entry(replace(ENTERS, live_since=NOW)).action == "go"


def test_a_message_goes_when_every_check_holds() -> None:
    verdict = decide_step(GOES)
    assert (verdict.action, verdict.reason) == ("go", "")
    assert len(verdict.checks) == len(step.RULES)
    assert all(check.passed for check in verdict.checks)


@pytest.mark.parametrize(
    ("changed", "reason", "saw"),
    [
        ({"bought": Bought(EARLIER, "1043")}, "bought", "order 1043, 2026-11-24 12:00 UTC"),
        ({"closed_by": "ordered", "closed_at": NOW}, "bought", "bought 2026-11-24 14:00 UTC"),
        ({"closed_by": "complete"}, "bought", "completed at the store"),
        ({"closed_by": "emptied"}, "emptied", "emptied"),
        ({"closed_by": "superseded"}, "came_back", "came back"),
        ({"expires_at": NOW}, "expired", "before 2026-11-24 14:00 UTC"),
        ({"campaign_status": "archived"}, "campaign_not_live", "archived"),
        ({"campaign_status": "draft"}, "campaign_not_live", "draft"),
        ({"plan_covers": False, "plan": "Marketing Starter"}, "plan", "Marketing Starter"),
        ({"consent": None}, "no_consent", "never asked"),
        ({"consent": ConsentSeen(False, EARLIER)}, "no_consent", "opted out 2026-11-24 12:00 UTC"),
        ({"closed_by": "elsewhere"}, "bought_elsewhere", "said so"),
        ({"snoozed_until": EXPIRES}, "snoozed", "until 2026-11-25 10:00 UTC"),
        ({"unwanted": 2, "products": 2}, "not_interested", "no interest in 2 of 2 products"),
        ({"suppressed": "Hard bounce"}, "suppressed", "Hard bounce"),
        ({"in_audience": False, "audience_saw": "Tag: vip"}, "not_in_audience", "Tag: vip"),
        ({"regulated_goods": True}, "age_not_verified", "not verified"),
        ({"regulated_goods": True, "birthdate": date(2005, 11, 25)}, "age_not_verified", "20 years old"),
        ({"dynamic": True, "buyable": 0, "stock_saw": "tea-1: sold out"}, "sold_out", "tea-1: sold out"),
    ],
)
def test_one_failing_step_rule_stops_the_message_for_good(changed: dict[str, Any], reason: str, saw: str) -> None:
    verdict = decide_step(replace(GOES, **changed))
    assert (verdict.action, verdict.reason, verdict.until) == ("stop", reason, None)
    (failed,) = [check for check in verdict.checks if not check.passed]
    assert saw in failed.saw
    assert reasons.reason_of(failed.code) == reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"campaign_status": "paused"}, "campaign_not_live"),
        ({"has_address": False}, "no_address"),
        ({"consent": None, "asked_at": EARLIER}, "no_consent"),
        ({"consent": ConsentSeen(False, EARLIER), "asked_at": EARLIER}, "no_consent"),
        (
            {"shopper_known": False, "has_address": False, "consent": None, "in_audience": None},
            "unknown_shopper",
        ),
    ],
)
def test_what_may_still_change_waits_until_the_message_expires(changed: dict[str, Any], reason: str) -> None:
    verdict = decide_step(replace(GOES, **changed))
    assert (verdict.action, verdict.reason, verdict.until) == ("wait", reason, EXPIRES)


def test_a_break_that_ends_in_time_is_waited_for() -> None:
    until = EXPIRES - timedelta(hours=1)
    verdict = decide_step(replace(GOES, snoozed_until=until))
    assert (verdict.action, verdict.reason, verdict.until) == ("wait", "snoozed", until)


@pytest.mark.parametrize(
    "changed",
    [
        {"snoozed_until": NOW},
        {"unwanted": 1, "products": 2},
        {"asked_at": EARLIER},
        {"regulated_goods": True, "age_verified": True},
        {"regulated_goods": True, "birthdate": date(2005, 11, 24)},
        {"dynamic": True, "buyable": 1, "stock_saw": "tea-1: in stock"},
        {"dynamic": True, "buyable": None},
        {"dynamic": False, "buyable": 0},
    ],
)
def test_what_only_looks_like_an_obstacle_lets_the_message_go(changed: dict[str, Any]) -> None:
    assert decide_step(replace(GOES, **changed)).action == "go"


def test_a_final_failure_outweighs_one_that_could_wait() -> None:
    verdict = decide_step(replace(GOES, campaign_status="paused", consent=None))
    assert (verdict.action, verdict.reason, verdict.until) == ("stop", "no_consent", None)


def test_of_several_final_failures_the_first_rule_names_the_reason_and_all_are_told() -> None:
    verdict = decide_step(replace(GOES, bought=Bought(NOW, "1"), consent=None, suppressed="Hard bounce"))
    assert verdict.reason == "bought"
    assert [check.code for check in verdict.checks if not check.passed] == ["not_bought", "consent", "not_suppressed"]


def test_every_rule_has_words() -> None:
    codes = [check.code for check in (*decide_entry(ENTERS).checks, *decide_step(GOES).checks)]
    assert all(reasons.label(code) and reasons.would_change(code) and reasons.blocked(code) for code in codes)
