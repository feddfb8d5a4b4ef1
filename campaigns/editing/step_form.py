"""What the forms of every channel's message share: whose it is, whether it is a draft, and the discount it may carry."""

from typing import Any, ClassVar

from django import forms

from accounts.models import Merchant
from campaigns.incentives import choosing
from campaigns.models import Step

DISCOUNT = ("discount", "no_code")


class StepForm(forms.ModelForm):
    """`draft`: what is unfinished is saved. `rules` are fields that keep their defaults where the page does not ask for them."""

    instance: Step
    rules: ClassVar[tuple[str, ...]] = DISCOUNT

    def __init__(self, *args: Any, merchant: Merchant, draft: bool = False, **kwargs: Any) -> None:
        self.merchant, self.draft = merchant, draft
        super().__init__(*args, **kwargs)
        for name in self.rules:
            self.fields[name].required = False
        choosing.offer(self.fields["discount"], merchant, self.instance.discount_id)
        self.initial["discount"] = self.instance.discount.code if self.instance.discount else None

    def clean_body(self) -> str:
        """With plain line feeds: browsers send CR LF."""
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")
