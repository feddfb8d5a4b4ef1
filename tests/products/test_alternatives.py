from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.alternatives import Candidate, Gap, Rule, choose
from products.offers import Offer


def offer(key: str, price: str | None = "10", **fields) -> Offer:
    defaults = {"category": "tea", "currency": "USD", "in_stock": True, "group": "sencha"}
    return Offer(key, price=Decimal(price) if price is not None else None, **defaults | fields)


def gap(price: str | None = "10", **fields) -> Gap:
    defaults = {"category": "tea", "currency": "USD", "group": "sencha", "key": "gone"}
    return Gap(price=Decimal(price) if price is not None else None, **defaults | fields)


def by(rule: Rule, *offers: Offer) -> list[Candidate]:
    """The offers as candidates of a rule; the two that are ordered lists are in the order given."""
    ordered = rule in {Rule.TOGETHER, Rule.OWN_LIST}
    return [Candidate(one, rule, number if ordered else 0) for number, one in enumerate(offers)]


def keys_of(chosen) -> list[str | None]:
    return [alternative.offer.key if alternative else None for alternative in chosen]


BANDED = [Rule.VARIANT, Rule.CATEGORY, Rule.TOGETHER]


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize(
    ("candidate", "chosen"),
    [
        (offer("a"), True),
        (offer("a", in_stock=False), False),
        (offer("a", in_stock=None), False),
        (offer("a", hidden=True), False),
        (offer("a", recalled=True), False),
        (offer("a", currency="EUR"), False),
        (offer("a", currency=""), True),
        (offer("in-cart"), False),
        (offer("a", sku="in-cart"), False),
        (offer("gone"), False),
    ],
)
def test_whatever_the_rule_an_alternative_can_be_bought_and_is_not_in_the_cart(rule, candidate, chosen):
    [alternative] = choose([gap()], [by(rule, candidate)], {"in-cart"})
    assert (alternative is not None) is chosen


@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize(
    ("price", "fits"), [("7.50", True), ("12.50", True), ("7.49", False), ("12.51", False), (None, False)]
)
def test_only_the_merchants_own_list_leaves_the_price_band(rule, price, fits):
    [alternative] = choose([gap()], [by(rule, offer("a", price))], set())
    assert (alternative is not None) is (fits or rule is Rule.OWN_LIST)


@pytest.mark.parametrize("rule", BANDED)
def test_a_line_without_a_price_compares_with_nothing(rule):
    assert choose([gap(None)], [by(rule, offer("a"), offer("b", None))], set()) == (None,)


@pytest.mark.parametrize(
    ("rule", "candidate"),
    [
        (Rule.VARIANT, offer("a", group="hojicha")),
        (Rule.CATEGORY, offer("a", category="coffee")),
    ],
)
def test_a_candidate_that_is_not_related_is_refused(rule, candidate):
    assert choose([gap()], [by(rule, candidate)], set()) == (None,)
    assert choose([gap(group="", category="")], [by(rule, replace(candidate, group="", category=""))], set()) == (None,)


def test_the_first_rule_that_finds_something_decides():
    rules = [by(rule, offer(rule)) for rule in Rule]
    for first in range(len(rules)):
        candidates = [one for found in reversed(rules[first:]) for one in found]
        assert keys_of(choose([gap()], [candidates], set())) == [list(Rule)[first]]


@pytest.mark.parametrize(
    ("rule", "order"),
    [
        (Rule.VARIANT, ["a", "b", "c", "d"]),
        (Rule.CATEGORY, ["a", "b", "c", "d"]),
        (Rule.TOGETHER, ["c", "b", "a", "d"]),
        (Rule.OWN_LIST, ["c", "b", "a", "d"]),
    ],
)
def test_within_a_rule_the_nearest_price_or_the_list_decides(rule, order):
    candidates = by(rule, offer("c", "11"), offer("b", "9.50"), offer("a", "10.50"), offer("d", "9"))
    assert keys_of(choose([gap()] * 4, [candidates] * 4, set())) == order


def test_no_product_is_chosen_twice():
    only = by(Rule.CATEGORY, offer("only"))
    assert keys_of(choose([gap(), gap()], [only, only], set())) == ["only", None]


def test_a_line_does_not_lose_its_other_variant_to_a_neighbour_of_the_same_category():
    variant, other = offer("100 g"), offer("houjicha", "11", group="")
    neighbour = by(Rule.CATEGORY, variant, other)
    own = [*by(Rule.VARIANT, variant), *by(Rule.CATEGORY, other)]
    assert keys_of(choose([gap(group=""), gap()], [neighbour, own], set())) == ["houjicha", "100 g"]


@pytest.mark.parametrize(
    ("rule", "price", "why", "note"),
    [
        (Rule.VARIANT, "8", "another variant of the same product, $2.00 less", ": another variant of it"),
        (Rule.CATEGORY, "12", "same category, $2.00 more", ""),
        (Rule.TOGETHER, "10", "often bought together, same price", ": often bought with it"),
        (Rule.OWN_LIST, "30", "from your own list, $20.00 more", ""),
        (Rule.OWN_LIST, None, "from your own list", ""),
    ],
)
def test_an_alternative_says_why_it_was_chosen(rule, price, why, note):
    [alternative] = choose([gap()], [by(rule, offer("a", price))], set())
    assert alternative.why == why
    assert alternative.note("Sencha") == f"Instead of Sencha (sold out){note}"


def test_a_difference_is_in_the_carts_currency_where_the_catalogue_names_none():
    [alternative] = choose([gap()], [by(Rule.CATEGORY, offer("a", "12", currency=""))], set())
    assert alternative.why == "same category, $2.00 more"


keys = st.sampled_from("abcdefgh")
prices = st.none() | st.decimals(0, 40, places=2)
texts = st.sampled_from(["", "tea", "coffee"])
offers = st.builds(
    Offer,
    key=keys,
    sku=st.sampled_from(["", "s1", "s2", "a"]),
    category=texts,
    group=texts,
    price=prices,
    currency=st.sampled_from(["", "USD", "EUR"]),
    hidden=st.booleans(),
    recalled=st.booleans(),
    in_stock=st.sampled_from([True, False, None]),
)
gaps = st.builds(Gap, category=texts, group=texts, price=prices, currency=st.sampled_from(["", "USD"]), key=keys)
candidates = st.lists(st.builds(Candidate, offers, st.sampled_from(Rule), st.integers(0, 2)), max_size=10)
wanted = st.lists(st.tuples(gaps, candidates), max_size=5)


@settings(deadline=None)
@given(wanted, st.sets(keys | st.sampled_from(["s1", "s2"])))
def test_whatever_the_cart_and_the_catalogue_an_alternative_is_buyable_in_the_band_and_not_in_the_cart(lines, in_cart):
    chosen = choose([line for line, _ in lines], [found for _, found in lines], in_cart)
    assert len(chosen) == len(lines)
    found = [alternative for alternative in chosen if alternative]
    assert len({alternative.offer.key for alternative in found}) == len(found)
    for (line, known), alternative in zip(lines, chosen, strict=True):
        if alternative:
            best = alternative.offer
            assert (best, alternative.rule) in [(one.offer, one.rule) for one in known]
            assert (best.in_stock, best.hidden, best.recalled) == (True, False, False)
            assert best.key != line.key
            assert not {best.key, best.sku or best.key} & in_cart
            if alternative.rule is not Rule.OWN_LIST:
                assert line.price * Decimal("0.75") <= best.price <= line.price * Decimal("1.25")


@settings(deadline=None)
@given(wanted, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(lines, random):
    lines = [(line, list({one.offer.key: one for one in found}.values())) for line, found in lines]
    wanted = [line for line, _ in lines]
    shuffled = [random.sample(found, len(found)) for _, found in lines]
    assert choose(wanted, [found for _, found in lines], set()) == choose(wanted, shuffled, set())
