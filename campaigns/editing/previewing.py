"""A draft rendered for a person's eyes: the message, or what keeps it from being made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.text import capfirst
from markupsafe import escape

from campaigns.channels.base import CHANNELS
from campaigns.links import LinkMaker, MeasuredLinks
from campaigns.rendering import MissingData, Prepared, Rendered, RenderFailed, parsed
from campaigns.templating.compiling import Problem, Source, TemplateProblems
from campaigns.templating.finishing import OPEN_PICTURE
from campaigns.templating.macros import in_words

PREVIEW_POLICY = "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'"
_META = f'<meta http-equiv="Content-Security-Policy" content="{PREVIEW_POLICY}"><base target="_blank">'


@dataclass(frozen=True, slots=True)
class Preview:
    """Either `message`, or `problems` (the template must change) or `missing` (this shopper would get nothing).

    `names` are the macros used, `prepared` renders the message again. `sent_bytes`: the size of the message's HTML with the links of a delivery.
    """

    message: Rendered | None = None
    problems: tuple[Problem, ...] = ()
    missing: str = ""
    names: tuple[str, ...] = ()
    prepared: Prepared | None = None
    sent_bytes: int = 0

    @property
    def html(self) -> str:
        """The message with the policy of previews inside, for a frame's `srcdoc`, which has no headers of its own."""
        return self.message.html.replace("<head>", f"<head>{_META}", 1) if self.message else ""


def preview(source: Source, context: Mapping[str, Any], channel: str = "email") -> Preview:
    """Compile and render; never raises for what a person wrote. A missing subject does not keep the rest from showing."""
    if not source.body.strip():
        return Preview()
    try:
        filled = replace(source, subject=source.subject or "(no subject yet)")
        compiled = CHANNELS.get(channel).compile(filled)
    except TemplateProblems as error:
        return Preview(problems=tuple(error.problems))
    prepared, plain = parsed(compiled), MeasuredLinks()
    # A text is measured with links as long as a delivery's.
    links = CHANNELS.get(channel).links(settings.PUBLIC_URL, UUID(int=0)) if channel == "sms" else plain
    try:
        message = prepared.render(context, links)
    except MissingData as error:
        return Preview(missing=in_words(error.name), names=compiled.names, prepared=prepared)
    except RenderFailed as error:
        return Preview(problems=(Problem(0, "render", f"{capfirst(str(error))}."),))
    return Preview(message, (), "", compiled.names, prepared, _sent_bytes(message.html, plain))


def _sent_bytes(html: str, plain: MeasuredLinks) -> int:
    """The size of the HTML once its links are those of a delivery, as `campaigns.links` makes them."""
    real = LinkMaker(settings.PUBLIC_URL, UUID(int=0))
    longer = sum(len(real.track(url)) - len(str(escape(url)).encode()) for url in plain.tracked)
    for fixed, made in ((plain.unsubscribe_url, real.unsubscribe_url), (plain.preferences_url, real.preferences_url)):
        longer += html.count(f'"{fixed}"') * (len(made) - len(fixed))
    return len(html.encode()) + longer + len(OPEN_PICTURE.replace("{{ open_url }}", real.open_url))
