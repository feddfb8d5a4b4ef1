"""Many mails in one call, for providers whose batch is one mail that they fill in for each recipient (Mailgun, SparkPost).

The mail they are given is nothing but placeholders: subject, text, html and headers are one value each, whole and unescaped, under
the recipient's address. A mail that holds the provider's own placeholder signs never shares a call: by itself it is filled in by
nobody, so merchants' `{{ }}` or `%recipient.x%` come out as written, whatever a provider does with values within values.

Sources: https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending (at most 1,000),
https://developers.sparkpost.com/api/template-language/ (three braces: unescaped), /api/transmissions/ (`perform_substitutions`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from anymail.message import AnymailMessage
from django.core.mail import EmailMultiAlternatives

from campaigns.channels.base import ChannelError, Outcome, OutcomeUnknown, Receipt


@dataclass(frozen=True, slots=True)
class Filling:
    """`mark` makes a placeholder of a name, `sign` is what every placeholder begins with. `alone`: what Anymail adds to a call for one mail,
    so that nothing is filled in. `without`: headers that the provider makes itself, one for the whole call."""

    most: int
    mark: str
    sign: str
    without: frozenset[str] = frozenset()
    alone: Mapping[str, Any] | None = None


FILLINGS = {
    "Mailgun": Filling(1000, "%recipient.{}%", "%recipient", without=frozenset({"Message-ID"})),
    "SparkPost": Filling(1000, "{{{{{{{}}}}}}}", "{{", alone={"options": {"perform_substitutions": False}}),
}


def filling_of(connection: Any) -> Filling | None:
    """How the connection's provider fills in; None: it does not, or not all that a mail of ours needs."""
    return FILLINGS.get(getattr(connection, "esp_name", ""))


def fillable(filling: Filling, mails: Mapping[int, EmailMultiAlternatives]) -> dict[int, EmailMultiAlternatives]:
    """Those that may share a call: without signs of their own, and one per address, since values are found by it."""
    places: dict[str, int] = {}
    for at, mail in mails.items():
        if not any(filling.sign in text for text in _written(mail)):
            places.setdefault(address_of(mail).lower(), at)
    return {at: mails[at] for at in places.values()}


def filled(filling: Filling, mails: Iterable[EmailMultiAlternatives]) -> AnymailMessage:
    """One mail of placeholders for all, of one sender, one address for answers and the same headers by name."""
    each = {address_of(mail): mail for mail in mails}
    first = next(iter(each.values()))
    whole = AnymailMessage(
        subject=filling.mark.format("subject"),
        body=filling.mark.format("text"),
        from_email=first.from_email,
        to=[mail.to[0] for mail in each.values()],
        reply_to=first.reply_to,
        merge_data={to: {"subject": m.subject, "text": m.body, "html": _html(m)} for to, m in each.items()},
        merge_headers={to: _headers(filling, mail) for to, mail in each.items()},
        merge_metadata={to: mail.metadata for to, mail in each.items()},  # type: ignore[attr-defined]
    )
    whole.attach_alternative(filling.mark.format("html"), "text/html")
    return whole


def outcome_for(whole: AnymailMessage, mail: EmailMultiAlternatives) -> Outcome:
    """What the answer to the call says of one of its mails."""
    told = whole.anymail_status.recipients.get(address_of(mail))
    status = told.status if told else "unknown"
    if status in ("sent", "queued"):
        return Receipt(str(told.message_id or ""))
    if status in ("invalid", "rejected"):
        return ChannelError(f"the provider says: {status}", permanent=True)
    if status == "failed":
        return ChannelError("the provider reports a failure", permanent=False)
    return OutcomeUnknown("the provider does not say which mails of the call it took")


def address_of(mail: EmailMultiAlternatives) -> str:
    return parseaddr(mail.to[0])[1]


def _written(mail: EmailMultiAlternatives) -> list[str]:
    texts = [mail.subject, mail.body, _html(mail), mail.from_email, *mail.to, *mail.reply_to]
    return [*map(str, texts), *map(str, mail.extra_headers.values())]


def _html(mail: EmailMultiAlternatives) -> str:
    return str(mail.alternatives[0][0])


def _headers(filling: Filling, mail: EmailMultiAlternatives) -> dict[str, str]:
    return {name: value for name, value in mail.extra_headers.items() if name not in filling.without}
