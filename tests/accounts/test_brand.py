"""The look of a merchant's messages, in its settings: font, language, pages elsewhere, domains of links."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Merchant, Role
from tests import factories as make

pytestmark = pytest.mark.django_db

FIELDS = ("name", "currency", "timezone", "sender_name", "sender_email", "postal_address", "brand_color", "logo")


def save(merchant: Merchant, **fields: Any) -> Any:
    client = Client()
    client.force_login(make.user(Role.OWNER, merchant))
    kept = {name: getattr(merchant, name) for name in FIELDS}
    given = {"font": "georgia", "locale": "es_MX", "order_closes": "older", "social": "", "link_domains": ""} | fields
    answer = client.post(reverse("admin:accounts_merchant_change", args=[merchant.pk]), kept | given)
    merchant.refresh_from_db()
    return answer


def test_an_owner_sets_font_language_pages_and_domains() -> None:
    merchant = make.merchant()
    pages = "https://www.instagram.com/tea\n\nhttps://twitter.com/tea"
    save(merchant, social=pages, link_domains="https://www.Blog.example/a, shop.example")
    assert (merchant.font, merchant.locale) == ("georgia", "es_MX")
    assert merchant.social_links == {"instagram": "https://www.instagram.com/tea", "x": "https://twitter.com/tea"}
    assert merchant.link_domains == ["blog.example", "shop.example"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"social": "http://www.instagram.com/tea"}, "no complete address"),
        ({"social": "javascript:alert(1)"}, "no complete address"),
        ({"social": "https://instagram.com.evil.example/tea"}, "none of the networks"),
        ({"social": "https://x.com/a\nhttps://twitter.com/b"}, "two addresses of X"),
        ({"link_domains": "not a domain"}, "is no domain"),
        ({"locale": "Spanish"}, "A language"),
        ({"font": "comic"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field(fields: dict[str, str], words: str) -> None:
    merchant = make.merchant()
    assert words in save(merchant, **fields).content.decode()
    assert (merchant.social_links, merchant.link_domains, merchant.font) == ({}, [], "system")
