"""Which bounces are for good. Anymail calls every bounce one, soft ones too: a full mailbox must not end mails to an address for ever,
so what the provider itself calls passing suppresses nobody. A report that does not say counts as hard.

Sources: the reports' pages of each provider (SparkPost: support.sparkpost.com, bounce classification codes; SES: bounceType).
"""

from collections.abc import Callable
from typing import Any

# Invalid recipient, no such mailbox, unsubscribed.
SPARKPOST_HARD = frozenset({"10", "30", "90"})

PASSING: dict[str, Callable[[Any], bool]] = {
    "Amazon SES": lambda told: told["bounce"]["bounceType"] != "Permanent",
    "Brevo": lambda told: told["event"] == "soft_bounce",
    "MailerSend": lambda told: told["type"].endswith("soft_bounced"),
    "Mailjet": lambda told: told["hard_bounce"] is False,
    "Mandrill": lambda told: told["event"] == "soft_bounce",
    "Postmark": lambda told: told["Type"] == "SoftBounce",
    "Resend": lambda told: told["data"]["bounce"]["type"] != "Permanent",
    "SendGrid": lambda told: told["type"] == "blocked",
    "SparkPost": lambda told: next(iter(told["msys"].values()))["bounce_class"] not in SPARKPOST_HARD,
}


def is_hard(event: Any, provider: str) -> bool:
    """Of a report as Anymail gives it: the address takes no mail, and never will."""
    if event.event_type != "bounced":
        return event.reject_reason in ("bounced", "invalid")
    try:
        return not PASSING[provider](event.esp_event)
    except (KeyError, IndexError, TypeError, AttributeError, StopIteration):
        return True
