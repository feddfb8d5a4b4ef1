"""The starter templates of the product, read from files, and a sample of data to look at a template with."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from campaigns.composer.reading import read_blocks
from campaigns.composer.to_mjml import to_mjml
from campaigns.templating.compiling import Source

_DIRECTORY = Path(__file__).resolve().parent.parent / "templates" / "messages"
# In the order they are offered.
SLUGS = {
    "email": (
        "gentle-reminder",
        "hero-product",
        "product-grid",
        "with-suggestions",
        "with-incentive",
        "last-call",
        "plain-letter",
        "discreet",
        "spanish-reminder",
        "blocks",
    ),
    "sms": ("sms-reminder", "sms-first-name", "sms-last-call", "sms-discreet", "sms-spanish"),
    "push": ("push-reminder", "push-first-name", "push-last-call", "push-discreet", "push-spanish"),
}


@dataclass(frozen=True, slots=True)
class Starter:
    """A template to begin with. `body` is what the channel sends, with macros: MJML by email, plain text by SMS and push.

    `blocks` None: the body is written by hand. `subject` is the title of a push message, which may have a picture and a button too.
    """

    slug: str
    label: str
    description: str
    body: str
    subject: str = ""
    preheader: str = ""
    blocks: dict[str, Any] | None = None
    picture: str = ""
    button: str = ""
    category: str = "abandon_cart"
    channel: str = "email"

    def source(self, *, feed: bool) -> Source:
        return Source(self.subject, self.preheader, self.body, feed=feed)


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
def starters(channel: str = "email") -> dict[str, Starter]:
    """All starters of a channel by slug, in the order they are offered."""
    return {slug: _read(channel, slug) for slug in SLUGS[channel]}


def _read(channel: str, slug: str) -> Starter:
    """A starter from its file; where that holds blocks, the body is made of them, else a mail's stands beside it."""
    path = _DIRECTORY / channel / f"{slug}.json"
    given = json.loads(path.read_text())
    if "blocks" in given:
        document = read_blocks(given).document
        given |= {"blocks": document.as_json(), "body": to_mjml(document).source}
    elif channel == "email":
        given["body"] = path.with_suffix(".mjml").read_text()
    return Starter(slug=slug, channel=channel, **given)
