"""The closed list of reason and check codes, with their words. Published in docs/reasons.md and the API's schema.

`code` names the check, `reason` the answer when it fails. `blocked` is what a colleague would say; `would_change` says
what has to happen for the answer to be another one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    reason: str
    label: str
    blocked: str
    would_change: str


_ALL = [
    Reason(
        "campaign_live", "campaign_not_live", "Campaign is live", "The campaign was not live", "Set the campaign live"
    ),
    Reason(
        "abandoned_after_live",
        "abandoned_before_live",
        "Abandoned after the campaign went live",
        "The cart was abandoned before the campaign went live",
        "Nothing: going live never mails old carts; the next abandonment counts",
    ),
    Reason(
        "store",
        "other_store",
        "Store is in the campaign",
        "The campaign is not for this store",
        "Add the store to the campaign",
    ),
    Reason(
        "trigger",
        "plan",
        "Plan covers the campaign",
        "The plan does not include all of this campaign",
        "Upgrade to Marketing Pro, or take the Product Feed, the waterfall or the test out of the campaign",
    ),
    Reason(
        "carts_enabled",
        "carts_disabled",
        "Abandoned carts are switched on",
        "Abandoned carts are switched off for this store's connection",
        "Switch abandoned carts on for the connection",
    ),
    Reason(
        "not_bought",
        "bought",
        "Has not bought",
        "The shopper bought",
        "Nothing: a reminder after a purchase is never sent",
    ),
    Reason(
        "not_emptied", "emptied", "Cart still holds something", "The cart was emptied", "The shopper fills a cart again"
    ),
    Reason(
        "current_episode",
        "came_back",
        "Shopper has not come back since",
        "The shopper came back to the cart after this abandonment",
        "The shopper leaves the cart again",
    ),
    Reason(
        "not_elsewhere",
        "bought_elsewhere",
        "Did not buy it elsewhere",
        "The shopper bought it elsewhere, and said so",
        "Nothing: who bought is not reminded",
    ),
    Reason(
        "not_expired",
        "expired",
        "Not too late",
        "It had become too late to be timely",
        "The next abandonment is in time",
    ),
    Reason(
        "step_kept",
        "step_removed",
        "Step is part of the campaign",
        "This step was taken out of the campaign",
        "Put the step back, and set the campaign live: the next abandonment gets it",
    ),
    Reason(
        "identity",
        "unknown_shopper",
        "Shopper is known",
        "Nobody knows yet whose cart this is",
        "The store tells who the shopper is, for example at checkout",
    ),
    Reason(
        "channel_on",
        "channel_off",
        "Channel is switched on",
        "This channel is switched off",
        "Switch the channel on in Settings → Channels",
    ),
    Reason(
        "address",
        "no_address",
        "Has an address",
        "There is no address for this channel",
        "The store or the shopper gives an address for this channel",
    ),
    Reason(
        "audience",
        "not_in_audience",
        "Belongs to the audience",
        "The shopper is not in the campaign's audience",
        "Widen the audience",
    ),
    Reason(
        "consent",
        "no_consent",
        "Has agreed to cart reminders",
        "The shopper has not agreed to cart reminders on this channel",
        "The shopper subscribes to cart reminders on this channel",
    ),
    Reason(
        "not_snoozed",
        "snoozed",
        "Has not asked for a pause",
        "The shopper asked for a pause from reminders",
        "The pause ends, or the shopper ends it",
    ),
    Reason(
        "not_suppressed",
        "suppressed",
        "Address is not suppressed",
        "The address is suppressed",
        "Staff lift the suppression, once the address works again",
    ),
    Reason(
        "age_verified",
        "age_not_verified",
        "Age is verified",
        "This merchant's goods are only for age-verified shoppers",
        "The store sends the shopper's birth date or age_verified",
    ),
    Reason(
        "interest",
        "not_interested",
        "Still wants something in the cart",
        "The shopper said of every product in the cart that it is of no interest",
        "The shopper leaves a cart with another product, or takes it back on the preference page",
    ),
    Reason(
        "stock",
        "sold_out",
        "Something in the cart can be bought",
        "Nothing in the cart can be bought any more",
        "A product of the cart, or an alternative, is in stock again",
    ),
    Reason(
        "lines",
        "sold_out_line",
        "No sold-out product holds it back",
        "A product of the cart has sold out, and this campaign then holds the message back",
        "The product is in stock again, or the campaign replaces or leaves out what has sold out",
    ),
    Reason(
        "price",
        "price_rose",
        "No higher price holds it back",
        "A product of the cart costs more now, and this campaign then holds the message back",
        "The price comes down again, or the campaign shows prices as they are now",
    ),
    Reason(
        "rest",
        "rested",
        "Not written to by this campaign lately",
        "This campaign wrote to the shopper not long ago",
        "The campaign's rest between two carts of a shopper is over, or shorter",
    ),
    Reason(
        "turn",
        "other_campaign",
        "No other campaign goes first",
        "Another campaign wanted the shopper at the same time and goes first",
        "The other campaign has a lower priority, or its message does not leave",
    ),
    Reason(
        "cap",
        "capped",
        "Within the limit of messages",
        "The shopper got as many messages on this channel as your limit allows",
        "Time passes since the earlier messages, or the limit is raised",
    ),
    Reason(
        "quiet_hours",
        "quiet_hours",
        "Within the hours for messages",
        "It came due within quiet hours",
        "The quiet hours end before the message is too late, and the step waits for it",
    ),
    Reason(
        "double_opt_in",
        "not_confirmed",
        "Consent was confirmed by text",
        "The shopper has not confirmed the consent to texts",
        "The shopper is asked by text and answers yes",
    ),
    Reason(
        "one_text_per_episode",
        "texted_before",
        "No other text about this cart",
        "The shopper already got a text about this cart",
        "Nothing: carriers allow one text about each cart; the next abandonment counts",
    ),
    Reason(
        "within_48_hours",
        "after_48_hours",
        "Within 48 hours",
        "The cart was left more than 48 hours before, too late for a text",
        "The next abandonment is in time",
    ),
    Reason(
        "discount_offered",
        "discount_archived",
        "Discount is still offered",
        "Sent without the discount: it is archived",
        "Offer the discount again, or choose another one for this message",
    ),
    Reason(
        "discount_valid",
        "discount_ended",
        "Discount given before is still good",
        "Sent without the discount: the one given before has ended or was used",
        "Nothing for this cart: a discount is given once",
    ),
    Reason(
        "discount_cart",
        "cart_does_not_fit_discount",
        "Cart fits the discount",
        "Sent without the discount: the cart is too small for it, or in another currency",
        "A cart that reaches the discount's smallest cart, in its currency",
    ),
    Reason(
        "discount_rest",
        "discount_too_soon",
        "No discount lately",
        "Sent without the discount: the shopper was given one not long ago",
        "Nothing until the discount's days of rest are over",
    ),
    Reason(
        "discount_stacking",
        "discount_beside_another",
        "No other discount that is still good",
        "Sent without the discount: the shopper still has another one",
        "The other discount ends or is used, or both may be combined",
    ),
    Reason(
        "discount_budget",
        "discount_budget_used",
        "Within the campaign's budget of discounts",
        "Sent without the discount: the campaign's budget is used up",
        "Raise what a campaign may give of this discount",
    ),
    Reason(
        "discount_daily_budget",
        "discount_daily_budget_used",
        "Within the day's budget of discounts",
        "Sent without the discount: the day's budget is used up",
        "Raise what may be given a day, or wait for the next day",
    ),
    Reason(
        "discount_code",
        "no_code",
        "Has a discount code",
        "The discount has no code left",
        "Add codes to the discount",
    ),
    Reason(
        "data",
        "missing_data",
        "The message's data is there",
        "The message needs something that is not known of this shopper",
        "Give the placeholder a default in the template, or have the store send the value",
    ),
    Reason(
        "content",
        "content_invalid",
        "The message can be made",
        "The message could not be made from the template",
        "Correct the campaign's content and set it live again",
    ),
    Reason(
        "accepted",
        "refused",
        "Accepted by the mail server",
        "The mail server refused the message for good",
        "See the server's answer on the delivery",
    ),
    Reason(
        "attempts",
        "too_many_attempts",
        "Accepted within the attempts allowed",
        "The mail server put the message off too often",
        "Send it again once the mail server accepts mail",
    ),
    Reason(
        "support",
        "settled_by_support",
        "Settled by a person",
        "A person settled what became of it",
        "Send it again from the delivery's page",
    ),
]
REASONS: dict[str, Reason] = {reason.code: reason for reason in _ALL} | {reason.reason: reason for reason in _ALL}


def reason_of(code: str) -> str:
    """The reason code that a failed check gives."""
    return REASONS[code].reason


def label(code: str) -> str:
    """A check or reason in words; unknown codes (of an older version) as they stand."""
    return REASONS[code].label if code in REASONS else code.replace("_", " ").capitalize()


def blocked(code: str) -> str:
    return REASONS[code].blocked if code in REASONS else label(code)


def would_change(code: str) -> str:
    return REASONS[code].would_change if code in REASONS else ""


def published() -> list[Reason]:
    """Every entry once, in the order in which the checks are made."""
    return list(_ALL)
