"""The form of a text: its words and its discount. What the shopper reads is checked as it is rendered, not as it is written."""

from typing import Any, ClassVar

from django import forms

from accounts.models import Merchant
from campaigns import text_looks
from campaigns.content_checks import ERROR
from campaigns.incentives import choosing
from campaigns.models import Step
from campaigns.starters import starters

RULES = ("discount", "no_code")


class TextForm(forms.ModelForm):
    """`problems` are the compiler's, by line."""

    class Meta:
        model = Step
        fields: ClassVar[list[str]] = ["body", *RULES]
        widgets: ClassVar[dict[str, forms.Widget]] = {"body": forms.Textarea(attrs={"rows": 6})}
        labels: ClassVar[dict[str, str]] = {"body": "Text", "no_code": "If no code is left"}
        error_messages: ClassVar[dict[str, dict[str, str]]] = {
            "body": {"required": "The text is empty. Write it, or begin with one of those above."}
        }
        help_texts: ClassVar[dict[str, str]] = {"discount": choosing.HELP, "no_code": choosing.HELP_NO_CODE}

    def __init__(self, *args: Any, merchant: Merchant, draft: bool = False, **kwargs: Any) -> None:
        self.merchant, self.draft = merchant, draft
        super().__init__(*args, **kwargs)
        if not self.instance.body:
            self.initial["body"] = starters("sms")["sms-discreet" if merchant.regulated_goods else "sms-reminder"].body
        self.fields["body"].required = not draft
        for name in RULES:
            self.fields[name].required = False
        choosing.offer(self.fields["discount"], merchant, self.instance.discount_id)
        self.initial["discount"] = self.instance.discount.code if self.instance.discount else None

    def clean_body(self) -> str:
        """With plain line feeds: browsers send CR LF."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")

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
