"""Web push: to every browser of the shopper that takes notifications; caught here while PUSH_URL is not set."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from aiq.lib import catching
from campaigns.channels import push_address, push_payload
from campaigns.channels.base import Channel, ChannelError, Envelope, Outcome, OutcomeUnknown, Reachable, Receipt
from campaigns.channels.push_address import Address, Browser
from campaigns.channels.push_payload import Action, Notification
from campaigns.channels.webpush import Answered, Push, push
from campaigns.links import shown_url
from campaigns.rendering import Rendered
from campaigns.templating.compiling import Compiled, Source
from campaigns.templating.texting import compile_text

AT_ONCE = 8
SOON = timedelta(hours=1)
STOP_WORDS = "Stop reminders"
_ONE_MACRO = re.compile(r"\{\{([^{}|]+)\}\}")


@dataclass(frozen=True, slots=True)
class PushMessage:
    """A notification for one shopper, from `sender` at `date`, of no use after `expires_at`."""

    delivery_code: str
    to: Address
    sender: str
    notification: Notification
    date: datetime
    expires_at: datetime


class PushChannel(Channel):
    slug = "push"
    label = "Push"
    icon = "notifications"
    group_size = 25

    def address_of(self, shopper: Reachable) -> str:
        return push_address.written(shopper.email or shopper.phone or "A shopper", shopper.browsers)

    def shown(self, address: str) -> str:
        """Whose browsers they are: an endpoint is a secret."""
        return push_address.read(address).who

    def read_address(self, text: str) -> str:
        """A mere name, which the catcher takes. Raises `ValueError` where notifications leave: nobody can type a browser."""
        if settings.PUSH_CONTACT:
            raise ValueError(
                "Notifications go to browsers that asked for them at the store; none has an address to type."
            )
        return text.strip().lstrip("{")

    def compile(self, source: Source) -> Compiled:
        """`extras` as written: picture, button, link, stop (the words of the way out). A picture nobody has keeps nothing back."""
        compiled = compile_text(source, titled=True)
        extras = {
            "picture": _ONE_MACRO.sub(r'{{\1 | default: ""}}', compiled.extras.get("picture", "")),
            "icon": '{{ merchant.logo | default: "" }}',
            "button": compiled.extras.get("button", ""),
            "stop": compiled.extras.get("stop", "") or STOP_WORDS,
            "url": f"{{% capture built_link %}}{compiled.extras.get('link', '')}{{% endcapture %}}{{{{ built_link | track }}}}",
        }
        return replace(compiled, extras=extras)

    def compose(self, rendered: Rendered, envelope: Envelope) -> PushMessage:
        shown = {name: " ".join(text.split()) for name, text in rendered.extras.items()}
        url = shown["url"].removeprefix("#")
        button = [Action(shown["button"], url)] if shown["button"] and url else []
        notification = Notification(
            title=rendered.subject,
            body=rendered.text.strip(),
            url=url,
            tag=envelope.delivery_code,
            icon=shown["icon"],
            image=shown["picture"],
            actions=(*button, Action(shown["stop"], envelope.unsubscribe_url)),
            shown=shown_url(settings.PUBLIC_URL, UUID(envelope.delivery_code)),
        )
        to, expires_at = push_address.read(envelope.to), envelope.expires_at or envelope.date + timedelta(days=1)
        return PushMessage(envelope.delivery_code, to, envelope.sender_name, notification, envelope.date, expires_at)

    def send_many(self, messages: Sequence[PushMessage]) -> list[Outcome]:
        if not settings.PUSH_CONTACT:
            return [_caught(message) for message in messages]
        pairs = [(message, browser) for message in messages for browser in message.to.browsers]
        with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(pairs) or 1)) as pool:
            answers = iter(list(pool.map(_pushed, pairs)))
        return [_summed([(browser, next(answers)) for browser in message.to.browsers]) for message in messages]


def _pushed(pair: tuple[PushMessage, Browser]) -> Answered:
    message, browser = pair
    try:
        payload = push_payload.encoded(message.notification)
    except ValueError as error:
        return Answered(ChannelError(str(error), permanent=True))
    left = message.expires_at - message.date
    topic = UUID(message.delivery_code).hex
    urgency = "high" if left <= SOON else "normal"
    return push(browser, Push(payload, max(0, int(left.total_seconds())), topic, urgency))


def _summed(answers: Sequence[tuple[Browser, Answered]]) -> Outcome:
    """Sent where one browser's service took it; else what leaves most hope of knowing or of trying again."""
    gone = tuple(browser.code for browser, answer in answers if answer.gone)
    outcomes = [answer.outcome for _, answer in answers]
    return replace(min(outcomes, key=_rank), gone=gone) if outcomes else ChannelError("no browser takes it", True)


def _rank(outcome: Outcome) -> int:
    if isinstance(outcome, Receipt):
        return 0
    return 1 if isinstance(outcome, OutcomeUnknown) else 2 + outcome.permanent


def _caught(message: PushMessage) -> Outcome:
    try:
        payload = push_payload.encoded(message.notification)
    except ValueError as error:
        return ChannelError(str(error), permanent=True)
    fields = {
        "delivery": message.delivery_code,
        "sender": message.sender,
        "recipient": message.to.who,
        "browsers": len(message.to.browsers),
        "bytes": len(payload),
        **asdict(push_payload.decoded(payload)),
    }
    return Receipt(catching.catch(settings.CATCHER_DIR, PushChannel.slug, fields))
