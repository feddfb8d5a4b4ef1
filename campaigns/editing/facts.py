"""What is known of a content, for its check list: as it is written, as it is rendered, and where its links may lead."""

from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from accounts.models import Merchant
from campaigns.editing.checks import Check, ContentFacts, content_checks
from campaigns.editing.needs import lacking, needed_names, without_discount
from campaigns.editing.previewing import Preview
from campaigns.models import Step


def checks_of(step: Step, merchant: Merchant, shown: Preview, context: Mapping[str, Any]) -> list[Check]:
    """The check list of a step as it stands, `shown` being its preview with that context. At most three queries."""
    message = shown.message
    needed = needed_names(shown.prepared, context, shown.names) if shown.prepared else []
    facts = ContentFacts(
        subject=message.subject if message and step.subject.strip() else step.subject,
        preheader=step.preheader,
        source=step.body,
        html=message.html if message else "",
        text=message.text if message else "",
        sent_bytes=shown.sent_bytes,
        problems=shown.problems,
        needed=lacking(merchant, needed),
        hosts=frozenset(host for host in _hosts(step, merchant, context) if host),
        without_discount=without_discount(shown, context, chosen=step.discount_id is not None),
    )
    return content_checks(facts)


def _hosts(step: Step, merchant: Merchant, context: Mapping[str, Any]) -> Iterator[str]:
    """The stores', the sender's, those named in the settings, our own; and whatever the store itself sent."""
    yield from (domain.lower() for domain in merchant.link_domains)
    yield from (
        parseaddr(address)[1].rpartition("@")[2].lower() for address in (step.sender_email, merchant.sender_email)
    )
    yield from map(_host, [*merchant.stores.values_list("url", flat=True), settings.PUBLIC_URL])
    yield from map(_host, _texts(context))


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping):
        data = list(data.values())
    if isinstance(data, str):
        yield data
    elif isinstance(data, list | tuple):
        for value in data:
            yield from _texts(value)


def _host(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        return ""
    try:
        return (urlsplit(text).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""
