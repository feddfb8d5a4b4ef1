"""Where the short link of a given discount leads."""

from datetime import datetime

from campaigns.context import url_of
from campaigns.incentives.carrying import with_code
from campaigns.models import GivenDiscount


def address_of(token: str, now: datetime) -> str:
    """The cart as it is now, with the code as its shop takes it; without it once it has ended. Empty: no such link, or no address known."""
    found = GivenDiscount.objects.select_related("episode__cart__store").filter(token=token)
    given = None if "\0" in token else found.first()
    if given is None:
        return ""
    cart = given.episode.cart
    address = url_of(cart)
    if not address.lower().startswith(("https://", "http://")):
        return ""
    if given.expires_at and given.expires_at <= now:
        return address
    return with_code(address, given.value, cart.store.discount_link if cart.store else "")
