"""What carriers ask of texts about a cart: a double opt-in, one text for each abandonment, and none later than 48 hours after it.

T-Mobile wrote these rules in May 2020 and the other North American carriers follow them; Twilio checks them when it verifies a toll-free number
(T-Mobile Code of Conduct 2.2, "Shopping Cart Reminders"; Twilio, toll-free verification rejection 1012; Attentive, "Carrier Guidelines for
Abandonment Messages"). All of them hold for every number: the code of conduct is for whoever uses the network, and was written when carts were
reminded of from short codes. The question must name cart reminders, and its confirmation the sender, rates, help and the way out (Twilio, error
30540). A name as sender does not exist in North America.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aiq.lib import prepared
from campaigns.decide import Limit, TextLaw
from campaigns.due import Due
from campaigns.limits import left
from campaigns.models import ChannelSettings, SenderKind

LATEST = timedelta(hours=48)
ASKS_TWICE = frozenset({SenderKind.LONG_CODE, SenderKind.TOLL_FREE, SenderKind.SHORT_CODE})

# Waits behind `limits.lock`: one text per shopper is started at a time.
STILL_ALONE = f"""
    AND (v.once IS NULL OR NOT EXISTS (
        SELECT 1 FROM campaigns_delivery r WHERE r.episode_id = d.episode_id AND r.channel = d.channel AND r.id <> d.id
        AND {left("r")}
    ))
"""  # noqa: S608
_TEXTS = f"""
SELECT own.id, e.abandoned_at, (
    SELECT max(COALESCE(r.sent_at, e.abandoned_at)) FROM campaigns_delivery r
    WHERE r.episode_id = own.episode_id AND r.channel = own.channel AND r.id <> own.id AND {left("r")}
), EXISTS (
    SELECT 1 FROM campaigns_consent n WHERE n.shopper_id = c.shopper_id AND n.channel = own.channel
    AND n.topic = 'cart' AND n.closed_at IS NULL AND n.double_opt_in
)
FROM campaigns_delivery own JOIN campaigns_episode e ON e.id = own.episode_id JOIN campaigns_cart c ON c.id = e.cart_id
WHERE own.id = ANY(%s)
"""  # noqa: S608


def law(rows: Sequence[Due], now: datetime) -> dict[int, TextLaw]:
    """By delivery, for the texts among them; one query where there are any."""
    texts = {row.pk: row for row in rows if row.channel == "sms"}
    if not texts:
        return {}
    with prepared.cursor() as cursor:
        cursor.execute(_TEXTS, [list(texts)])
        found = cursor.fetchall()
    return {
        pk: TextLaw(
            double_opt_in=double_opt_in(texts[pk].settings, confirmed=confirmed),
            one_text=one_text(other_at),
            in_time=in_time(abandoned_at, now),
            not_after=abandoned_at + LATEST,
        )
        for pk, abandoned_at, other_at, confirmed in found
    }


def asks_twice(own: ChannelSettings | None) -> bool:
    """Whether the merchant's number is one for which a consent must be confirmed; without settings, as for an ordinary one."""
    return own is None or own.sender_kind in ASKS_TWICE


def double_opt_in(own: ChannelSettings | None, *, confirmed: bool) -> Limit:
    if not asks_twice(own):
        return Limit("not asked of this kind of sender")
    return Limit("confirmed" if confirmed else "not confirmed", free=confirmed)


def one_text(other_at: datetime | None) -> Limit:
    """`other_at`: when another text about this abandonment left, or may have."""
    if other_at is None:
        return Limit("the first text about this cart")
    return Limit(f"another one {other_at:%Y-%m-%d %H:%M} UTC", free=False)


def in_time(abandoned_at: datetime, now: datetime) -> Limit:
    return Limit(f"left {abandoned_at:%Y-%m-%d %H:%M} UTC", free=now < abandoned_at + LATEST)
