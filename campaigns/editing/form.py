"""The form of a message: its envelope, its blocks or its source, and what becomes of it when products changed meanwhile."""

import json
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from accounts import plans
from accounts.models import Merchant
from campaigns.composer.reading import NotADocument
from campaigns.composer.writing import Place, Written, write
from campaigns.drafting.drafts import source_of
from campaigns.editing.step_form import DISCOUNT, StepForm
from campaigns.incentives import choosing
from campaigns.models import Step
from campaigns.templating.compiling import Problem, TemplateProblems, compile_source

RULES = ("sold_out", "price_rose", *DISCOUNT)


class ContentForm(StepForm):
    """Posted with `blocks`, the message is composed of them and `body` is made here; without, `body` is MJML written by hand.

    `problems` are the compiler's, by line. `unfinished` is what is wrong with the blocks, each at its block: no obstacle to a draft.
    """

    rules = RULES
    blocks = forms.CharField(required=False, widget=forms.HiddenInput)
    problems: tuple[Problem, ...] = ()
    unfinished: tuple[Place, ...] = ()

    class Meta:
        model = Step
        fields: ClassVar[list[str]] = [
            "subject", "preheader", "sender_name", "sender_email", "body", "feed", *RULES,
        ]  # fmt: skip
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "body": forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "wrap": "off"}),
            "feed": forms.HiddenInput(),
        }
        labels: ClassVar[dict[str, str]] = {
            "preheader": "Preview text",
            "body": "Message source",
            "sold_out": "If a product has sold out",
            "price_rose": "If a price has gone up",
            "no_code": "If no code is left",
        }
        error_messages: ClassVar[dict[str, dict[str, str]]] = {
            "subject": {"required": "Write a subject: it is what the shopper sees first."},
            "body": {"required": "The message is empty. Write it, or pick a template."},
        }
        help_texts: ClassVar[dict[str, str]] = {
            "preheader": "Shown after the subject in the inbox.",
            "discount": choosing.HELP,
            "no_code": choosing.HELP_NO_CODE,
        }

    def __init__(self, *args: Any, merchant: Merchant, draft: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, merchant=merchant, draft=draft, **kwargs)
        self.composed = "blocks" in self.data if self.is_bound else self.instance.blocks is not None
        self.initial["blocks"] = json.dumps(self.instance.blocks)
        self.fields["sender_name"].widget.attrs["placeholder"] = merchant.sender_name or merchant.name
        self.fields["sender_email"].widget.attrs["placeholder"] = merchant.sender_email or "the sender of this system"
        self.fields["subject"].required = not draft
        self.fields["body"].required = not draft and not self.composed

    def clean_feed(self) -> bool:
        feed: bool = self.cleaned_data["feed"]
        if feed and not plans.includes(self.merchant.plan, plans.DYNAMIC_CONTENT):
            raise ValidationError(plans.why_not(self.merchant.plan, plans.DYNAMIC_CONTENT))
        return feed

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.composed:
            self._compose(data)
        else:
            self.instance.blocks = None
            self._report(self._refused(data))
        return data

    def _compose(self, data: dict[str, Any]) -> None:
        try:
            written = write(data.get("blocks", ""))
        except NotADocument as error:
            self.add_error("blocks", str(error))
            return
        self.instance.blocks = written.document.as_json()
        data["body"], data["feed"] = written.mjml.source, written.document.uses_feed
        self._report_blocks(written, self._refused(data))

    def _report_blocks(self, written: Written, refused: tuple[Problem, ...]) -> None:
        self.unfinished = tuple(written.places(refused))
        self._report(tuple(problem for problem in refused if problem.field != "body"))
        if self.unfinished and not self.draft:
            self.add_error("blocks", "The message is not finished: put right what is marked.")

    def _report(self, refused: tuple[Problem, ...]) -> None:
        self.problems = refused
        for problem in refused:
            field = problem.field if problem.field in self.fields else "body"
            self.add_error(field, f"Line {problem.line}: {problem.message}" if field == "body" else problem.message)

    def _refused(self, data: dict[str, Any]) -> tuple[Problem, ...]:
        """What the compiler says, where there is something to compile and nothing else is wrong."""
        if self.errors or not data.get("body"):
            return ()
        step = Step(**{name: data[name] for name in ("subject", "preheader", "body", "feed")})
        step.subject = step.subject or ("(no subject yet)" if self.draft else "")
        try:
            compile_source(source_of(step, self.merchant))
        except TemplateProblems as error:
            return tuple(error.problems)
        return ()
