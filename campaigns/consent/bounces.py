"""What a mail provider's report of failure tells of the address: that it is dead, that it failed once more, or nothing. Pure.

Anymail calls soft and hard bounces alike `bounced` for most providers, so the provider's own word decides. A full mailbox or a server
that is away passes; a refusal of the sender or of the text says nothing of the address.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from campaigns.models import TrackingKind


class Means(Enum):
    """HARD: the address is dead. SOFT: it may work again, and the provider may yet get through. REFUSED: this message is lost for good."""

    HARD = "hard"
    SOFT = "soft"
    REFUSED = "refused"


class Report(Protocol):
    """Anymail's event."""

    event_type: str
    reject_reason: str | None
    esp_event: Any


@dataclass(frozen=True, slots=True)
class Words:
    """A provider's words for failures. What is in none of the sets is soft where it is called a bounce, else a refusal."""

    of: Callable[[Any], Any]
    hard: frozenset[str]
    refused: frozenset[str] = frozenset()
    soft: frozenset[str] = frozenset()


def kind_of(esp_name: str, event: Report) -> str:
    """The report in our words: what failed at the provider was dropped by it, whatever it calls that."""
    told = event.esp_event.get("type", "") if esp_name == "Resend" and isinstance(event.esp_event, Mapping) else ""
    dropped = event.event_type == "failed" or told in {"email.failed", "email.suppressed"}
    return TrackingKind.REJECTED.value if dropped else event.event_type


def meaning(esp_name: str, event: Report) -> Means:
    """Of a report that is a bounce or a rejection."""
    words = PROVIDERS.get(esp_name)
    if words is None:
        return Means.HARD if event.reject_reason in {"bounced", "invalid"} else Means.REFUSED
    word = ""
    with suppress(KeyError, IndexError, TypeError, AttributeError):
        word = str(words.of(event.esp_event) or "")
    if word in words.hard:
        return Means.HARD
    bounced = event.event_type == TrackingKind.BOUNCED and word not in words.refused
    return Means.SOFT if bounced or word in words.soft else Means.REFUSED


def _mailgun(event: Any) -> Any:
    """Its webhooks of before 2018 are forms."""
    data = event.get("event-data")
    if data is None:
        return event.get("code") if event.get("event") == "dropped" else event.get("event")
    soft = (data.get("delivery-status") or {}).get("bounce-type") == "soft"
    return "soft" if soft else data.get("reason")


def _mailtrap(event: Any) -> Any:
    return "spam" if event.get("bounce_category") == "spam" else event["event"]


def _postal(event: Any) -> Any:
    """It tells nothing of the address itself; the answer it got does where it has an enhanced status (RFC 3463, X.1.X: the address)."""
    payload = event["payload"]
    return "5.1" if re.search(r"\b5\.1\.(1|2|3|6|10)\b", str(payload.get("output"))) else payload.get("status")


def _resend(event: Any) -> Any:
    bounce = event["data"]["bounce"]
    if "type" not in bounce:
        return "Permanent" if "hard bounce" in bounce["message"] else ""
    return bounce["type"] if bounce["type"] == "Permanent" else bounce.get("subType")


def _sendgrid(event: Any) -> Any:
    return str(event.get("reason", "")).lower() if event["event"] == "dropped" else event.get("type")


def _ses(event: Any) -> Any:
    bounce = event["bounce"]
    return bounce["bounceType"] if bounce["bounceType"] == "Permanent" else bounce.get("bounceSubType")


def _sparkpost(event: Any) -> Any:
    [inner] = event["msys"].values()
    return inner.get("bounce_class")


# Amazon SES calls them so, and Resend, which sends over it, does too.
_SES_REFUSED = frozenset({"ContentRejected", "AttachmentRejected", "MessageTooLarge"})
PROVIDERS = {
    # https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
    "Amazon SES": Words(_ses, frozenset({"Permanent"}), _SES_REFUSED),
    # https://developers.brevo.com/docs/transactional-webhooks
    "Brevo": Words(lambda event: event["event"], frozenset({"hard_bounce", "invalid_email"})),
    # https://developers.mailersend.com/api/v1/webhooks
    "MailerSend": Words(lambda event: event["data"]["type"], frozenset({"hard_bounced"})),
    # https://documentation.mailgun.com/docs/mailgun/user-manual/events/events; 605: bounced before
    "Mailgun": Words(_mailgun, frozenset({"bounce", "suppress-bounce", "bounced", "605"}), frozenset({"espblock"})),
    # https://dev.mailjet.com/email/guides/webhooks/
    "Mailjet": Words(
        lambda event: "hard" if event.get("hard_bounce") else event.get("error"),
        frozenset({"hard", "typofix"}),
        frozenset({"sender blocked", "content blocked", "policy issue", "blacklisted", "spam reporter"}),
    ),
    # https://docs.mailtrap.io/email-api-smtp/advanced/webhooks
    "Mailtrap": Words(_mailtrap, frozenset({"bounce"}), frozenset({"spam"})),
    # https://mailchimp.com/developer/transactional/docs/webhooks/
    "Mandrill": Words(
        lambda event: event["reject"]["reason"] if event.get("event") == "reject" else event["event"],
        frozenset({"hard_bounce", "hard-bounce"}),
    ),
    # https://docs.postalserver.io/developer/webhooks
    "Postal": Words(_postal, frozenset({"5.1"}), soft=frozenset({"HardFail"})),
    # https://postmarkapp.com/developer/api/bounce-api#bounce-types
    "Postmark": Words(
        lambda event: event.get("Type") or event.get("SuppressionReason"),
        frozenset({"HardBounce", "BadEmailAddress"}),
        frozenset({"VirusNotification"}),
    ),
    # https://resend.com/docs/webhooks/emails/bounced
    "Resend": Words(_resend, frozenset({"Permanent"}), _SES_REFUSED),
    # https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
    "SendGrid": Words(_sendgrid, frozenset({"bounce", "bounced address", "invalid"}), frozenset({"blocked"})),
    # https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
    "SparkPost": Words(_sparkpost, frozenset({"10", "30"}), frozenset("23 25 50 51 52 53 54".split())),
    # https://godocs.unisender.ru/email-statuses
    "Unisender Go": Words(
        lambda event: event["delivery_info"]["delivery_status"],
        frozenset(
            "err_user_unknown err_user_inactive err_mailbox_discarded err_domain_inactive err_unreachable".split()
        ),
        frozenset("err_spam_rejected err_spam_skipped err_blacklisted err_too_large err_unsubscribed err_lost".split()),
    ),
}
