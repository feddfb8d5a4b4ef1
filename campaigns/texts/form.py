"""The form of a text: its words and its discount. What the shopper reads is checked as it is rendered, not as it is written."""

from typing import Any, ClassVar

from django import forms

from accounts.models import Merchant
from campaigns.editing.checks import ERROR
from campaigns.editing.step_form import DISCOUNT, StepForm
from campaigns.incentives import choosing
from campaigns.models import Step
from campaigns.starters import starters
from campaigns.texts import looks as text_looks

HELP = "The text shows it where you insert its code or its link. Each cart gets it once, and later reminders show the same code."


class TextForm(StepForm):
    """`problems` are the compiler's, by line."""

    class Meta:
        model = Step
        fields: ClassVar[list[str]] = ["body", *DISCOUNT]
        widgets: ClassVar[dict[str, forms.Widget]] = {"body": forms.Textarea(attrs={"rows": 6})}
        labels: ClassVar[dict[str, str]] = {"body": "Text", "no_code": "If no code is left"}
        error_messages: ClassVar[dict[str, dict[str, str]]] = {
            "body": {"required": "The text is empty. Write it, or begin with one of those above."}
        }
        help_texts: ClassVar[dict[str, str]] = {"discount": HELP, "no_code": choosing.HELP_NO_CODE}

    def __init__(self, *args: Any, merchant: Merchant, draft: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, merchant=merchant, draft=draft, **kwargs)
        if not self.instance.body:
            self.initial["body"] = starters("sms")["sms-discreet" if merchant.regulated_goods else "sms-reminder"].body
        self.fields["body"].required = not draft

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("body") and not self.errors:
            step = Step(channel="sms", body=data["body"], discount=data.get("discount"))
            text_looks.fit_feed(step, self.merchant)
            self.instance.feed = step.feed
            self._refuse(step)
        return data

    def _refuse(self, step: Step) -> None:
        look = text_looks.look(step, self.merchant, None)
        for problem in look.shown.problems:
            self.add_error("body", f"Line {problem.line}: {problem.message}")
        for check in () if self.draft else look.checks:
            if check.level == ERROR:
                self.add_error("body", f"{check.text} {check.fix}".strip())
