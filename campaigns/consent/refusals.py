"""What a refused message tells of its address: that its owner opted out at the provider, or that it is dead.

Both hold from the same commit as the outcome, so that nothing else goes to that address (Twilio's 21610 and 21614 are such).
"""

from collections.abc import Iterable
from datetime import datetime

from campaigns.channels.base import ChannelError, OutcomeUnknown, Receipt
from campaigns.composing import Composed
from campaigns.consent import consents
from campaigns.models import Suppression, SuppressionReason


def learn(pairs: Iterable[tuple[Composed, Receipt | ChannelError | OutcomeUnknown]], now: datetime) -> None:
    """One statement for all dead addresses; an opt-out for each shopper who made one at the provider, which is rare."""
    told = [(one, outcome.means) for one, outcome in pairs if isinstance(outcome, ChannelError) and outcome.means]
    Suppression.objects.bulk_create(
        [_dead(one) for one, means in told if means == "dead_number"], ignore_conflicts=True
    )
    for one, means in told:
        if means == "opted_out" and one.case.shopper:
            consents.opt_out(one.case.shopper.pk, one.case.delivery.channel, source="told by the provider", now=now)


def _dead(one: Composed) -> Suppression:
    delivery = one.case.delivery
    return Suppression(
        merchant_id=delivery.merchant_id,
        channel=delivery.channel,
        digest=one.case.digest,
        reason=SuppressionReason.DEAD_NUMBER,
    )
