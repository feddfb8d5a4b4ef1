"""What becomes of each line of a cart, by the content's policy: tables over pure functions."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from campaigns.decide import decide_step
from campaigns.feeds import FeedCart, Policy, words
from campaigns.feeds.lines import feed_of, lines_of
from products.alternatives import Candidate, Rule
from products.offers import Offer
from tests.campaigns.test_decide import GOES

TOLD = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SENCHA = Offer("sencha", name="Sencha", category="tea", price=Decimal(10), currency="USD", in_stock=True, quantity=3)
GONE = replace(SENCHA, in_stock=False, quantity=0, as_of=TOLD, source="pushed")
RECALLED = replace(SENCHA, recalled=True)
HOJICHA = replace(SENCHA, key="hojicha", name="Hojicha", price=Decimal(9))
POT = {"key": "pot", "name": "Pot", "price": "30.00"}
LINE = {"key": "sencha", "name": "Sencha", "category": "tea", "price": "10.00", "quantity": 2}
ABANDONED, APART = {"abandoned_items": 6}, {"abandoned_items": 6, "alternatives": 4}


def feed(offer=GONE, *, sold_out="replace", alternative=HOJICHA, shows=ABANDONED, lines=(LINE, POT)):
    cart = FeedCart(1, 1, "USD", lines, shows=shows, policy=Policy(sold_out))
    candidates = [Candidate(alternative, Rule.CATEGORY)] if alternative and cart.replaces else []
    return feed_of(
        cart, lines_of(cart, {"sencha": offer}), [candidates] if offer.recalled or offer.in_stock is False else []
    )


@pytest.mark.parametrize(
    ("offer", "sold_out", "alternative", "shows", "items", "stand_ins", "choice"),
    [
        (SENCHA, "replace", HOJICHA, ABANDONED, ["Sencha", "Pot"], [], "keep"),
        (GONE, "replace", HOJICHA, ABANDONED, ["Hojicha", "Pot"], [], "replace"),
        (GONE, "replace", None, ABANDONED, ["Pot"], [], "drop"),
        (GONE, "keep", HOJICHA, ABANDONED, ["Sencha!", "Pot"], [], "keep"),
        (GONE, "drop", HOJICHA, ABANDONED, ["Pot"], [], "drop"),
        (GONE, "hold", HOJICHA, ABANDONED, ["Pot"], [], "hold"),
        (GONE, "replace", HOJICHA, APART, ["Pot"], ["Hojicha"], "replace"),
        (GONE, "keep", HOJICHA, APART, ["Sencha!", "Pot"], ["Hojicha"], "keep"),
        (GONE, "drop", HOJICHA, APART, ["Pot"], ["Hojicha"], "replace"),
        (GONE, "replace", None, APART, ["Pot"], [], "drop"),
        (RECALLED, "replace", HOJICHA, ABANDONED, ["Hojicha", "Pot"], [], "replace"),
        (RECALLED, "keep", HOJICHA, ABANDONED, ["Pot"], [], "drop"),
        (RECALLED, "hold", HOJICHA, ABANDONED, ["Pot"], [], "hold"),
    ],
)
def test_a_line_that_cannot_be_bought_follows_the_policy(offer, sold_out, alternative, shows, items, stand_ins, choice):
    made = feed(offer, sold_out=sold_out, alternative=alternative, shows=shows)
    assert [item.name + "!" * item.sold_out for item in made.items] == items
    assert [item.name for item in made.more.get("alternatives", ())] == stand_ins
    assert [one.choice for one in made.choices] == [choice, "keep"]


def test_what_is_kept_though_it_sold_out_says_so():
    kept = feed(sold_out="keep").items[0]
    assert (kept.note, kept.replaced_name, kept.price) == ("Sold out", "", "$10.00")


def test_what_was_called_back_is_not_even_named():
    [stand_in, _] = feed(RECALLED).items
    assert "Sencha" not in stand_in.note + stand_in.replaced_name


@pytest.mark.parametrize("sold_out", ["replace", "keep", "drop", "hold"])
def test_whatever_the_policy_nothing_buyable_left_holds_the_message_back(sold_out):
    made = feed(sold_out=sold_out, alternative=None, lines=[LINE])
    assert made.nothing_left
    facts = replace(GOES, dynamic=True, buyable=made.buyable, gone=words.gone(made), policy=Policy(sold_out))
    assert decide_step(facts).reason == "sold_out"


@pytest.mark.parametrize(
    ("policy", "changed", "reason", "saw"),
    [
        (Policy(), {"gone": ("Sencha",), "rises": ("Pot: now $32.00 instead of $30.00",)}, "", ""),
        (Policy("hold"), {}, "", ""),
        (Policy("hold"), {"gone": ("Sencha", "Mint")}, "sold_out_line", "sold out: Sencha, Mint"),
        (Policy(price_rose="hold"), {}, "", ""),
        (Policy(price_rose="hold"), {"rises": ("Pot: now $32.00",)}, "price_rose", "Pot: now $32.00"),
    ],
)
def test_a_message_is_held_back_where_the_policy_says_so(policy, changed, reason, saw):
    verdict = decide_step(replace(GOES, dynamic=True, buyable=1, policy=policy, **changed))
    assert verdict.reason == reason
    assert [check.saw for check in verdict.checks if not check.passed] == ([saw] if reason else [])


@pytest.mark.parametrize(
    ("offer", "policy", "seen"),
    [
        (SENCHA, "replace", "Sencha: 3 in stock"),
        (replace(SENCHA, in_stock=None, quantity=None), "replace", "Sencha: stock unknown"),
        (
            replace(SENCHA, in_stock=None, as_of=TOLD, source="imported", stale=True),
            "replace",
            "Sencha: stock unknown, last read from an import 2026-11-24 09:30 UTC",
        ),
        (
            GONE,
            "replace",
            "Sencha: sold out, told by the store 2026-11-24 09:30 UTC, replaced by Hojicha (same category, $1.00 less)",
        ),
        (GONE, "keep", "Sencha: sold out, told by the store 2026-11-24 09:30 UTC, shown as sold out"),
        (GONE, "drop", "Sencha: sold out, told by the store 2026-11-24 09:30 UTC, left out"),
        (GONE, "hold", "Sencha: sold out, told by the store 2026-11-24 09:30 UTC, which holds the message back"),
        (RECALLED, "drop", "Sencha: called back, left out"),
        (replace(SENCHA, price=Decimal(12)), "replace", "Sencha: 3 in stock, now $12.00 instead of $10.00"),
    ],
)
def test_the_decision_says_for_each_line_what_was_seen_and_chosen(offer, policy, seen):
    assert words.stock_seen(feed(offer, sold_out=policy)) == f"{seen}\nPot: stock unknown"


@pytest.mark.parametrize(
    ("offer", "sold_out", "stands"),
    [
        (SENCHA, "replace", True),
        (replace(SENCHA, price=Decimal(12)), "replace", False),
        (replace(SENCHA, price=Decimal(8)), "replace", False),
        (GONE, "replace", False),
        (GONE, "keep", False),
    ],
)
def test_the_carts_own_total_stands_only_while_nothing_changed(offer, sold_out, stands):
    assert feed(offer, sold_out=sold_out).as_left is stands
