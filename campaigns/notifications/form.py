"""The form of a notification: title, text, picture, button, and where it leads."""

from typing import Any, ClassVar

from django import forms

from accounts.models import Merchant
from aiq.lib.weblinks import link as web_address
from campaigns.channels.push import STOP_WORDS
from campaigns.editing.checks import ERROR
from campaigns.editing.step_form import DISCOUNT, StepForm
from campaigns.incentives import choosing
from campaigns.models import Step
from campaigns.notifications import looks as push_looks
from campaigns.starters import Starter, starters

PRODUCT, LOGO, OWN = "{{ items.first.image }}", "{{ merchant.logo }}", "own"
PICTURES = [(PRODUCT, "The first product in the cart"), (LOGO, "Your logo"), (OWN, "One of your own"), ("", "None")]
LINKS = [
    ("", "Back to the cart"),
    ("{{ store.url }}", "The store"),
    ("{{ incentive.url }}", "The cart, with the discount"),
]
EXTRAS = ("picture", "button", "link", "stop")


class PushForm(StepForm):
    """What stands in `Step.extras` has fields of its own; a picture of one's own has two."""

    picture = forms.ChoiceField(choices=PICTURES, required=False)
    picture_address = forms.CharField(label="Address of the picture", max_length=2000, required=False)
    button = forms.CharField(max_length=60, required=False)
    link = forms.ChoiceField(label="It leads to", choices=LINKS, required=False)
    stop = forms.CharField(
        label="Button to opt out",
        max_length=60,
        required=False,
        help_text="Always there: it leads to the page where a shopper chooses what to get.",
    )

    class Meta:
        model = Step
        fields: ClassVar[list[str]] = ["subject", "body", *DISCOUNT]
        widgets: ClassVar[dict[str, forms.Widget]] = {"body": forms.Textarea(attrs={"rows": 3})}
        labels: ClassVar[dict[str, str]] = {"subject": "Title", "body": "Text", "no_code": "If no code is left"}
        error_messages: ClassVar[dict[str, dict[str, str]]] = {
            "subject": {"required": "Write a title: it is what the shopper sees first."},
            "body": {"required": "The text is empty. Write it, or begin with one of those above."},
        }
        help_texts: ClassVar[dict[str, str]] = {"no_code": choosing.HELP_NO_CODE}

    def __init__(self, *args: Any, merchant: Merchant, draft: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, merchant=merchant, draft=draft, **kwargs)
        self._begin()
        self.fields["subject"].required = self.fields["body"].required = not draft
        self.fields["stop"].widget.attrs["placeholder"] = STOP_WORDS

    def _begin(self) -> None:
        """With what the step holds, or with a starter."""
        extras = self.instance.extras
        if not self.instance.body:
            starter = _first(self.merchant)
            self.initial.update({"subject": starter.subject, "body": starter.body})
            extras = {"picture": starter.picture, "button": starter.button}
        self.initial.update({name: extras.get(name, "") for name in EXTRAS})
        if self.initial["picture"] not in {value for value, _ in PICTURES}:
            self.initial.update({"picture": OWN, "picture_address": extras["picture"]})

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("picture") == OWN:
            data["picture"] = web_address(data.get("picture_address", "").strip())
            if not data["picture"] and not self.draft:
                self.add_error("picture_address", "Give an address that begins with https://.")
        if self.errors:
            return data
        self.instance.extras = {name: data.get(name, "") for name in EXTRAS}
        step = Step(channel="push", subject=data["subject"], body=data["body"], extras=self.instance.extras)
        step.discount = data.get("discount")
        push_looks.fit_feed(step, self.merchant)
        self.instance.feed = step.feed
        if data["body"]:
            self._refuse(step)
        return data

    def _refuse(self, step: Step) -> None:
        look = push_looks.look(step, self.merchant)
        for problem in look.shown.problems:
            self.add_error(problem.field if problem.field in self.fields else "body", problem.message)
        for check in () if self.draft else look.checks:
            if check.level == ERROR:
                self.add_error(check.field or "body", f"{check.text} {check.fix}".strip())


def _first(merchant: Merchant) -> Starter:
    return starters("push")["push-discreet" if merchant.regulated_goods else "push-reminder"]
