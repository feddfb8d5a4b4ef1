"""Where a message went: the address that it was handed over to, which its shopper may have left since."""

from campaigns.channels.base import CHANNELS
from campaigns.models import Delivery, SentMessage


def went_to(delivery: Delivery) -> str:
    """The address as its channel writes it, of a message that did not leave the one it would go to; empty: its shopper was erased since."""
    sent = SentMessage.objects.filter(delivery=delivery).first()
    return (sent.address(delivery.channel) if sent else "") or goes_to(delivery)


def goes_to(delivery: Delivery) -> str:
    """Where its shopper is reached now."""
    return CHANNELS.get(delivery.channel).address_of(delivery.shopper) if delivery.shopper else ""
