"""Everything held of a shopper as one JSON document (GDPR art. 15 and 20). Reads only."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from campaigns.models import Episode, GivenDiscount, InboundText, PushSubscription, Shopper
from integrations.privacy.held import Held, held

_SHOPPER = (
    "code", "email", "phone", "first_name", "last_name", "timezone", "locale", "country", "region", "birthdate",
    "favorite_store", "attributes", "tags", "snoozed_until", "not_interested", "created_at",
)  # fmt: skip
_CART = "code", "key", "store__name", "status", "lines", "url", "currency", "total", "occurred_at"
_EPISODE = "cart__code", "number", "started_at", "abandoned_at", "closed_at", "closed_by", "recovered_at"
_ORDER = "code", "key", "store__name", "status", "lines", "discount_codes", "currency", "total", "refunded", "placed_at"
_DELIVERY = "code", "campaign__name", "channel", "status", "reason", "due_at", "sent_at", "message__context"
_DECISION = "campaign__name", "kind", "outcome", "reason", "checks", "at"
_CONSENT = "channel", "topic", "status", "double_opt_in", "source", "wording", "at", "closed_at"
_REQUEST = "channel", "topic", "source", "wording", "asked_at", "expires_at", "confirmed_at"
_GIFT = "discount__name", "value", "given_at", "expires_at", "redeemed_at"


def export(shopper: Shopper) -> dict[str, Any]:
    """Plain values: what JSON holds. Sections are there also where they are empty, so that nothing seems left out."""
    document: dict[str, Any] = json.loads(json.dumps(_document(held(shopper)), cls=DjangoJSONEncoder))
    return document


def _document(mine: Held) -> dict[str, Any]:
    [shopper] = mine.shoppers
    carts = mine.carts
    return {
        "merchant": mine.merchant.slug,
        "shopper": {name: getattr(shopper, name) for name in _SHOPPER},
        "known_to_stores_as": list(shopper.keys.values_list("key", flat=True)),
        "consents": _rows(shopper.consents.order_by("at"), *_CONSENT),
        "opt_in_requests": _rows(shopper.opt_in_requests.order_by("asked_at"), *_REQUEST),
        "suppressions": _rows(mine.suppressions, "channel", "reason", "created_at"),
        "carts": _rows(carts, *_CART),
        "abandonments": _rows(Episode.objects.filter(cart__in=carts).order_by("started_at"), *_EPISODE),
        "orders": _rows(mine.orders.order_by("placed_at"), *_ORDER),
        "messages": _rows(mine.deliveries.order_by("due_at"), *_DELIVERY),
        "message_events": _rows(mine.tracking.order_by("at"), "delivery__code", "kind", "at", "url"),
        "decisions": _rows(mine.decisions.order_by("at"), *_DECISION),
        "discounts": _rows(GivenDiscount.objects.filter(shopper=shopper), *_GIFT),
        "browsers": _rows(PushSubscription.objects.filter(shopper=shopper), "endpoint", "created_at", "gone_at"),
        "texts_received": _rows(InboundText.objects.filter(shopper=shopper), "meaning", "at"),
        "events_of_stores": _rows(mine.events.order_by("received_at"), "key__event_id", "topic", "body", "received_at"),
    }


def _rows(rows: "QuerySet[Any]", *fields: str) -> list[dict[str, Any]]:
    return [{name.replace("__", "_"): value for name, value in row.items()} for row in rows.values(*fields)]
