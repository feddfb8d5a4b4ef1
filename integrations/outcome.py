"""What became of an event, for the store that sent it (`GET /v2/events/{eventID}`)."""

from datetime import datetime
from typing import Any

from campaigns import ledger
from campaigns.ledger import Answer
from campaigns.models import Cart, CartState, Closed, Episode
from integrations.models import EventKey, InboundEvent

# What a cart was when an episode ended; one that the shopper came back to had been abandoned.
_ENDED = {
    Closed.ORDERED: CartState.ORDERED,
    Closed.COMPLETE: CartState.ORDERED,
    Closed.EMPTIED: CartState.EMPTIED,
    Closed.SUPERSEDED: CartState.ABANDONED,
    Closed.ELSEWHERE: CartState.ABANDONED,
}


def outcome_of(connection_id: int, event_id: str, now: datetime) -> dict[str, Any] | None:
    """State, reason, cart and decisions of one event of this connection; None where it has none of that id."""
    if "\0" in event_id:  # no text of PostgreSQL's, so no event's
        return None
    key = EventKey.objects.filter(connection_id=connection_id, event_id=event_id).first()
    if key is None:
        return None
    event = InboundEvent.objects.filter(key=key).first()  # the key outlives the event itself
    cart, episode = _whereabouts(event, event_id) if event else (None, None)
    return {
        "eventID": key.event_id,
        "state": key.state,
        "reason": key.reason or None,
        "note": (event and event.note) or None,
        "cart": _of_cart(cart, episode, now) if cart else None,
        "decisions": [_published(answer) for answer in ledger.of_episode(episode)] if episode else [],
    }


def _whereabouts(event: InboundEvent, event_id: str) -> tuple[Cart | None, Episode | None]:
    """The cart and episode that an event belongs to: a cart's own, or the last that an order closed."""
    if event.order_id:
        closed = Episode.objects.filter(order_id=event.order_id).select_related("cart").order_by("-closed_at").first()
        return (closed.cart, closed) if closed else (None, None)
    cart = Cart.objects.filter(pk=event.cart_id).first() if event.cart_id else None
    return cart, _episode(cart, event_id) if cart else None


def _episode(cart: Cart, event_id: str) -> Episode | None:
    """The episode that the event fell into, whatever has happened to the cart since."""
    told = cart.activities.filter(event_id=event_id).first()
    episodes = cart.episodes.order_by("-number")
    begun = episodes.filter(started_at__lte=told.occurred_at).first() if told else None
    return begun or episodes.first()


def _of_cart(cart: Cart, episode: Episode | None, now: datetime) -> dict[str, Any]:
    return {
        "cartID": "" if cart.synthetic else cart.key,
        "episode": episode.number if episode else 0,
        "status": _status(cart, episode, now),
    }


def _status(cart: Cart, episode: Episode | None, now: datetime) -> str:
    if episode and episode.closed_by:
        return _ENDED[Closed(episode.closed_by)]
    return cart.state_at(now, episode.abandoned_at if episode else None)


def _published(answer: Answer) -> dict[str, Any]:
    return {
        "campaign": answer.campaign,
        "step": answer.step,
        "channel": answer.channel or None,
        "outcome": answer.outcome,
        "reason": answer.reason or None,
        "at": answer.at,
        "checks": list(answer.checks),
    }
