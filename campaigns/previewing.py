"""A draft rendered for a person's eyes: the message, or what keeps it from being made. And the test mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from accounts.models import Merchant
from campaigns.links import PlainLinks
from campaigns.models import Step
from campaigns.rendering import MissingData, Rendered, RenderFailed, render
from campaigns.templating.compiling import Problem, Source, TemplateProblems, compile_source

PREVIEW_POLICY = "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'"
_META = f'<meta http-equiv="Content-Security-Policy" content="{PREVIEW_POLICY}"><base target="_blank">'


@dataclass(frozen=True, slots=True)
class Preview:
    """Either `message`, or `problems` (the template must change) or `missing` (this shopper would get nothing)."""

    message: Rendered | None = None
    problems: tuple[Problem, ...] = ()
    missing: str = ""

    @property
    def html(self) -> str:
        """The message with the policy of previews inside, for a frame's `srcdoc`, which has no headers of its own."""
        return self.message.html.replace("<head>", f"<head>{_META}", 1) if self.message else ""


def preview(source: Source, context: Mapping[str, Any]) -> Preview:
    """Compile and render; never raises for what a person wrote. A missing subject does not keep the rest from showing."""
    if not source.body.strip():
        return Preview()
    try:
        filled = Source(
            source.subject or "(no subject yet)",
            source.preheader,
            source.body,
            source.text,
            source.feed,
            source.dynamic,
        )
        return Preview(render(compile_source(filled), context, PlainLinks()))
    except TemplateProblems as error:
        return Preview(problems=tuple(error.problems))
    except MissingData as error:
        return Preview(missing=str(error))
    except RenderFailed as error:
        return Preview(problems=(Problem(1, "render", str(error)),))


def send_test(address: str, merchant: Merchant, step: Step, message: Rendered) -> None:
    """Mail the message to somebody who asked for it. Raises SMTPException, AnymailError or OSError."""
    sender = step.sender_email or merchant.sender_email
    name = step.sender_name or merchant.sender_name or merchant.name
    mail = EmailMultiAlternatives(
        subject=f"[Test] {message.subject}",
        body=message.text,
        from_email=formataddr((name, sender)) if sender else settings.DEFAULT_FROM_EMAIL,
        to=[address],
    )
    mail.attach_alternative(message.html, "text/html")
    mail.send()
