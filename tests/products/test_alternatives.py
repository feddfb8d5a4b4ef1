from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.alternatives import Gap, choose
from products.offers import Offer


def offer(key: str, price: str | None = "10", **fields) -> Offer:
    defaults = {"category": "tea", "currency": "USD", "in_stock": True}
    return Offer(key, price=Decimal(price) if price is not None else None, **defaults | fields)


def gap(price: str | None = "10", category: str = "tea", currency: str = "USD") -> Gap:
    return Gap(category, Decimal(price) if price is not None else None, currency)


@pytest.mark.parametrize(
    ("candidate", "chosen"),
    [
        (offer("a", "7.50"), True),
        (offer("a", "12.50"), True),
        (offer("a", "7.49"), False),
        (offer("a", "12.51"), False),
        (offer("a", None), False),
        (offer("a", category="coffee"), False),
        (offer("a", in_stock=False), False),
        (offer("a", in_stock=None), False),
        (offer("a", hidden=True), False),
        (offer("a", currency="EUR"), False),
        (offer("a", currency=""), True),
        (offer("in-cart"), False),
        (offer("a", sku="in-cart"), False),
    ],
)
def test_only_what_can_be_bought_and_compares_is_an_alternative(candidate, chosen):
    [alternative] = choose([gap()], [candidate], {"in-cart"})
    assert (alternative is not None) is chosen


@pytest.mark.parametrize("unknown", [gap(None), gap(category="")])
def test_a_line_that_cannot_be_compared_gets_none(unknown):
    assert choose([unknown], [offer("a"), offer("b", category="")], set()) == (None,)


def test_the_closest_price_wins_then_the_key():
    candidates = [offer("c", "11"), offer("b", "9.50"), offer("a", "10.50"), offer("d", "9")]
    assert [a.offer.key for a in choose([gap()] * 4, candidates, set()) if a] == ["a", "b", "c", "d"]


def test_no_product_is_chosen_twice():
    first, second = choose([gap(), gap()], [offer("only")], set())
    assert (first.offer.key, second) == ("only", None)


@pytest.mark.parametrize(
    ("price", "why"),
    [
        ("8", "same category, $2.00 less"),
        ("12", "same category, $2.00 more"),
        ("10", "same category, same price"),
    ],
)
def test_an_alternative_says_why_it_was_chosen(price, why):
    [alternative] = choose([gap()], [offer("a", price)], set())
    assert alternative.why == why


keys = st.sampled_from("abcdefgh")
prices = st.none() | st.decimals(0, 40, places=2)
categories = st.sampled_from(["", "tea", "coffee"])
offers = st.builds(
    Offer,
    key=keys,
    sku=st.sampled_from(["", "s1", "s2", "a"]),
    category=categories,
    price=prices,
    currency=st.sampled_from(["", "USD", "EUR"]),
    hidden=st.booleans(),
    in_stock=st.sampled_from([True, False, None]),
)
gaps = st.lists(st.builds(Gap, category=categories, price=prices, currency=st.sampled_from(["", "USD"])), max_size=5)


@given(gaps, st.lists(offers, max_size=12), st.sets(keys | st.sampled_from(["s1", "s2"])))
def test_whatever_the_cart_and_the_catalogue_an_alternative_is_buyable_in_the_band_and_not_in_the_cart(
    wanted, candidates, in_cart
):
    chosen = choose(wanted, candidates, in_cart)
    assert len(chosen) == len(wanted)
    found = [alternative for alternative in chosen if alternative]
    assert len({alternative.offer.key for alternative in found}) == len(found)
    for line, alternative in zip(wanted, chosen, strict=True):
        if alternative:
            best = alternative.offer
            assert best in candidates
            assert best.in_stock is True
            assert not best.hidden
            assert best.category == line.category != ""
            assert line.price * Decimal("0.75") <= best.price <= line.price * Decimal("1.25")
            assert best.key not in in_cart
            assert not best.sku or best.sku not in in_cart


@given(gaps, st.lists(offers, max_size=8, unique_by=lambda o: o.key), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(wanted, candidates, random):
    shuffled = random.sample(candidates, len(candidates))
    assert choose(wanted, candidates, set()) == choose(wanted, shuffled, set())
