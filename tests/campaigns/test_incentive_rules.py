"""What a discount is called, whether a message may carry it, which patterns are safe, and where its link leads. Pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from campaigns.incentives import carrying, labels, patterns
from campaigns.incentives.guards import Facts, Served, checks

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "value", "currency", "locale", "said"),
    [
        ("percent", "15.00", "", "en_US", "15% off"),
        ("percent", "12.50", "", "en_US", "12.5% off"),
        ("percent", "12.50", "", "de_DE", "12,5\xa0% Rabatt"),
        ("percent", "100", "", "es_ES", "100\xa0% de descuento"),
        ("percent", "15", "", "ja_JP", "15% off"),
        ("amount", "5.00", "USD", "en_US", "$5 off"),
        ("amount", "5.50", "EUR", "de_DE", "5,50\xa0€ Rabatt"),
        ("amount", "1000.00", "USD", "en_US", "$1,000 off"),
        ("amount", "1000.00", "EUR", "de_DE", "1.000\xa0€ Rabatt"),
        ("amount", "500", "JPY", "en_US", "¥500 off"),
        ("free_shipping", None, "", "en_US", "Free shipping"),
        ("free_shipping", None, "", "fr_CA", "Livraison offerte"),
    ],
)
def test_a_discount_is_said_in_the_shoppers_language(kind, value, currency, locale, said) -> None:
    assert labels.gives(kind, value and Decimal(value), currency, locale) == said


@pytest.mark.parametrize(
    ("facts", "failed"),
    [
        ({}, ""),
        ({"archived": True}, "discount_offered"),
        ({"currency": "USD", "minimum": Decimal(50), "cart_currency": "USD", "cart_total": Decimal(50)}, ""),
        (
            {"currency": "USD", "minimum": Decimal(50), "cart_currency": "USD", "cart_total": Decimal("49.99")},
            "discount_cart",
        ),
        ({"currency": "USD", "minimum": Decimal(50), "cart_currency": "USD"}, "discount_cart"),
        (
            {"currency": "USD", "minimum": Decimal(50), "cart_currency": "EUR", "cart_total": Decimal(90)},
            "discount_cart",
        ),
        ({"currency": "USD", "cart_currency": "EUR", "cart_total": Decimal(90)}, "discount_cart"),
        ({"currency": "USD", "cart_currency": "USD"}, ""),
        ({"rest_days": 30}, ""),
        ({"rest_days": 30, "last_given": NOW - 29 * DAY}, "discount_rest"),
        ({"rest_days": 30, "last_given": NOW - 30 * DAY}, ""),
        ({"last_given": NOW}, ""),
        ({"beside": "Welcome"}, "discount_stacking"),
        ({"per_campaign": 500, "given": 499}, ""),
        ({"per_campaign": 500, "given": 500}, "discount_budget"),
        ({"per_campaign": 0}, "discount_budget"),
        ({"per_day": 20, "given_today": 20}, "discount_daily_budget"),
        ({"served": Served(NOW - DAY, None, False), "per_campaign": 1, "given": 1, "archived": True}, ""),
        ({"served": Served(NOW - DAY, NOW + DAY, False)}, ""),
        ({"served": Served(NOW - DAY, NOW, False)}, "discount_valid"),
        ({"served": Served(NOW - DAY, None, True)}, "discount_valid"),
        ({"served": Served(NOW - DAY, None, False), "currency": "USD", "cart_currency": "EUR"}, "discount_cart"),
    ],
)
def test_a_guard_says_what_it_saw_and_never_waits(facts, failed) -> None:
    found = checks(Facts(now=NOW, **facts))
    assert [check.code for check in found if not check.passed] == ([failed] if failed else [])
    assert all(check.saw and check.until is None for check in found)


@pytest.mark.parametrize(
    ("pattern", "number", "safe"),
    [
        ("TEA-####", 1, False),
        ("TEA-######", 1, False),
        ("TEA-#######", 1, True),
        ("TEA-#######", 27_000_000, True),
        ("TEA-#######", 28_000_000, False),
        ("TEA 12#######", 1, False),
        ("#" * 65, 1, False),
        ("", 1, False),
    ],
)
def test_a_pattern_whose_codes_could_be_guessed_is_refused(pattern, number, safe) -> None:
    assert (patterns.refusal(pattern, number) == "") is safe


def test_codes_keep_the_pattern_and_differ() -> None:
    codes = patterns.codes("TEA-########", 1_000)
    assert len(set(codes)) == 1_000
    assert all(code.startswith("TEA-") and set(code[4:]) <= set(patterns.ALPHABET) for code in codes)


@pytest.mark.parametrize(
    ("address", "rule", "leads_to"),
    [
        ("https://shop.example/cart/7", "", "https://shop.example/cart/7?discount=A%2FB"),
        ("https://shop.example/cart?id=7&x=", "coupon", "https://shop.example/cart?id=7&x=&coupon=A%2FB"),
        ("https://shop.example/cart?discount=OLD#top", "", "https://shop.example/cart?discount=A%2FB#top"),
        ("https://shop.example/cart", "/discount/{code}?redirect={path}", "https://shop.example/discount/A%2FB?redirect=/cart"),
        ("https://shop.example", "/discount/{code}?redirect={path}", "https://shop.example/discount/A%2FB?redirect=/"),
        (
            "https://shop.example/p?a=1&b=2",
            "/discount/{code}?redirect={path}",
            "https://shop.example/discount/A%2FB?redirect=/p%3Fa%3D1%26b%3D2",
        ),
        (
            "https://shop.example/1/checkouts/ab/recover?key=c",
            "/discount/{code}?redirect={path}",
            "https://shop.example/1/checkouts/ab/recover?key=c&discount=A%2FB",
        ),
        ("https://shop.example/cart/11:2", "/discount/{code}", "https://shop.example/cart/11:2?discount=A%2FB"),
    ],
)  # fmt: skip
def test_a_link_carries_the_code_and_stays_on_its_host(address, rule, leads_to) -> None:
    found = carrying.with_code(address, "A/B", rule)
    assert found == leads_to
    assert urlsplit(found).netloc == urlsplit(address).netloc
