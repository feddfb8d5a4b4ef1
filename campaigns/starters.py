"""The starter templates of the product, read from files, and a sample of data to look at a template with."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from campaigns.templating.compiling import Source

_DIRECTORY = Path(__file__).resolve().parent.parent / "templates" / "messages" / "email"


@dataclass(frozen=True, slots=True)
class Starter:
    """A template to begin with. `body` is MJML with Liquid, as `campaigns.templating.compiling` takes it."""

    slug: str
    label: str
    description: str
    subject: str
    preheader: str
    body: str
    category: str = "abandoned_cart"
    channel: str = "email"

    def source(self, *, feed: bool) -> Source:
        return Source(self.subject, self.preheader, self.body, feed=feed)


_TABLE = (
    (
        "gentle-reminder",
        "Gentle reminder",
        "A friendly note with the products left behind, big pictures and one button. Works on every plan.",
        "You left something in your cart",
        "We kept it for you. One click and you are back.",
    ),
    (
        "hero-product",
        "Hero product",
        "The first product fills the page, the rest of the cart is listed below.",
        "{% if items %}Still thinking about {{ items.first.name }}?{% else %}Still thinking it over?{% endif %}",
        "Your cart is waiting. One click and you are back.",
    ),
    (
        "plain-letter",
        "Plain letter",
        "Reads like a mail from a person: words, a list, one link. No pictures.",
        "Your cart at {{ store.name | default: merchant.name }}",
        "A short note about what you left.",
    ),
)


def _sample(name: str, price: str, was_price: str = "", *, note: str = "", replaced_name: str = "") -> dict[str, Any]:
    url = f"https://shop.example.com/products/{name.partition(',')[0].lower().replace(' ', '-')}"
    shown = {"name": name, "brand": "", "price": price, "was_price": was_price, "quantity": 1, "image": "", "url": url}
    return {**shown, "note": note, "replaced_name": replaced_name, "sold_out": False}


SAMPLE_CONTEXT: dict[str, Any] = {
    "shopper": {"first_name": "Anna", "last_name": "Keller", "email": "anna.keller@example.com"},
    "cart": {"url": "https://shop.example.com/cart/5512", "total": "$53.40", "currency": "USD", "item_count": 3},
    "items": [
        {
            "name": "Gyokuro, first flush",
            "brand": "North Loop",
            "price": "$29.40",
            "was_price": "",
            "quantity": 1,
            "image": "",
            "url": "https://shop.example.com/products/gyokuro",
            "note": "Instead of Sencha (sold out)",
            "replaced_name": "Sencha",
        },
        {
            "name": "Cast iron pot, 0.6 l",
            "brand": "Iwachu",
            "price": "$12.00",
            "was_price": "$15.00",
            "quantity": 2,
            "image": "",
            "url": "https://shop.example.com/products/pot",
            "note": "",
            "replaced_name": "",
        },
    ],
    "feeds": {
        "alternatives": [
            _sample("Gyokuro, first flush", "$29.40", note="Instead of Sencha (sold out)", replaced_name="Sencha")
        ],
        "also_like": [_sample("Tea strainer", "$8.50"), _sample("Tasting set", "$24.00")],
        "best_sellers": [_sample("Sencha, 100 g", "$18.00"), _sample("Hojicha, 100 g", "$12.00")],
        "new_arrivals": [_sample("Kabusecha, this year's", "$32.00"), _sample("Glass pot, 0.4 l", "$26.00")],
        "on_sale": [_sample("Genmaicha, 200 g", "$9.60", "$12.00"), _sample("Matcha bowl", "$21.00", "$28.00")],
    },
    "store": {"name": "North Loop Tea", "url": "https://shop.example.com"},
    "merchant": {
        "name": "North Loop",
        "logo": "",
        "color": "#1f6f5c",
        "postal_address": "North Loop Tea LLC\n212 3rd Ave N, Minneapolis, MN 55401",
    },
}


@cache
def starters() -> dict[str, Starter]:
    """All starters by slug, in the order they are offered."""
    return {
        slug: Starter(slug, label, description, subject, preheader, (_DIRECTORY / f"{slug}.mjml").read_text())
        for slug, label, description, subject, preheader in _TABLE
    }
