"""What the wizard asks, step by step. A form knows its merchant, offers only that merchant's rows, and fills the draft."""

from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Merchant, Store
from campaigns.drafting import sequence
from campaigns.drafting.drafts import Sketch, sends_of
from campaigns.drafting.sequence import MAX_DELAY_MINUTES
from campaigns.editing import testsend
from campaigns.models import Audience, Campaign, MessageTemplate, Step

UNITS = {"minutes": 1, "hours": 60, "days": 1440}
TOO_LATE = "At most 30 days: by then nobody remembers the cart."
MAX_TAGS = 20


class RecipientsForm(forms.Form):
    """Whom the campaign is for, and when: type, audience, stores, delay, and how the team calls it."""

    name = forms.CharField(
        label="Internal name",
        max_length=120,
        help_text="Only your team sees it.",
        error_messages={"required": "Give the campaign a name, so that your team finds it again."},
    )
    tags = forms.CharField(
        required=False, max_length=400, help_text="Separated by commas. To find it again in the list."
    )
    type = forms.ChoiceField(
        label="Campaign type",
        choices=[("abandoned_cart", "Abandoned Cart")],
        error_messages={"required": "Choose the campaign type: it says what sets the campaign off."},
    )
    audience = forms.ModelChoiceField(
        Audience.objects.none(),
        required=False,
        to_field_name="code",
        empty_label="All subscribed users",
        label="Audience",
    )
    stores = forms.ModelMultipleChoiceField(
        Store.objects.none(),
        required=False,
        to_field_name="code",
        widget=forms.CheckboxSelectMultiple,
        label="Only these stores",
    )
    delay = forms.IntegerField(
        label="Send",
        min_value=0,
        max_value=MAX_DELAY_MINUTES,
        error_messages={
            "required": "Say how long to wait; 0 sends at once.",
            "min_value": "No less than 0, which sends at once.",
            "max_value": TOO_LATE,
        },
    )
    unit = forms.ChoiceField(choices=[(unit, unit) for unit in UNITS])
    priority = forms.IntegerField(
        required=False,
        min_value=-100,
        max_value=100,
        help_text="Where two campaigns want the same shopper at once, the one with the higher number goes.",
    )
    cooldown = forms.IntegerField(
        label="Rest between two of its sequences",
        required=False,
        min_value=1,
        max_value=8760,
        help_text="In hours. For so long a shopper who got this campaign is left alone by it; empty: no rest.",
    )

    def __init__(self, data: Any, *, campaign: Campaign, step: Step, draft: bool = False) -> None:
        self.campaign, self.step = campaign, step
        self.sends = sends_of(campaign.steps.all())
        super().__init__(data, initial=_recipients(campaign, step))
        merchant = campaign.merchant
        self.fields["audience"].queryset = Audience.objects.for_merchant(merchant)  # type: ignore[attr-defined]
        self.fields["stores"].queryset = merchant.stores.all()  # type: ignore[attr-defined]
        for name in ("name", "type", "delay"):
            self.fields[name].required = not draft
        if self.several:
            del self.fields["delay"], self.fields["unit"]

    @property
    def several(self) -> bool:
        """Whether each step has a delay of its own, chosen with the content."""
        return len(self.sends) > 1

    def clean_tags(self) -> list[str]:
        tags = [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]
        if len(tags) > MAX_TAGS or any(len(tag) > 40 for tag in tags):
            raise ValidationError(f"At most {MAX_TAGS} tags of at most 40 characters.")
        return list(dict.fromkeys(tags))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("delay") is not None and "unit" in data:
            minutes = data["delay"] * UNITS[data["unit"]]
            if minutes > MAX_DELAY_MINUTES:
                self.add_error("delay", TOO_LATE)
            data["delay_minutes"] = minutes
        return data

    def fill(self, campaign: Campaign) -> None:
        """Put the answers into the draft and its step; a name or a delay left open stays what it was."""
        data = self.cleaned_data
        campaign.name, campaign.tags = data["name"] or campaign.name, data["tags"]
        campaign.type, campaign.audience = data["type"], data["audience"]
        campaign.stores.set(data["stores"])
        campaign.priority, campaign.cooldown_hours = data["priority"] or 0, data["cooldown"]
        if "delay_minutes" in data:
            for step in {step.place_id: step for step in campaign.steps.all()}.values():
                sequence.move(step, data["delay_minutes"])

    def sketch(self) -> Sketch:
        """The draft as it would be, from whatever of the form is valid."""
        data = getattr(self, "cleaned_data", {})
        audience: Audience | None = data.get("audience")
        stores = list(data.get("stores") or [])
        return Sketch(
            typed=bool(data.get("type")),
            audience_name=audience.name if audience else "",
            rules=tuple(audience.rules) if audience else (),
            store_ids=tuple(store.pk for store in stores),
            store_names=tuple(store.name for store in stores),
            delay_minutes=(delay := data.get("delay_minutes", self.step.delay_minutes)),
            kind=self.campaign.kind,
            sends=self.sends if self.several else tuple(replace(send, delay_minutes=delay) for send in self.sends),
        )


class SendBackForm(forms.Form):
    reason = forms.CharField(max_length=1000, widget=forms.Textarea)


class TestSendForm(forms.Form):
    """Where a test goes. Whether an address is one is the channel's to say, for each."""

    address = forms.CharField(
        max_length=3_000, error_messages={"required": "Give the address the test should go to, or several."}
    )

    def clean_address(self) -> list[str]:
        found = testsend.addresses_in(self.cleaned_data["address"])
        if not found:
            raise ValidationError(self.fields["address"].error_messages["required"])
        if len(found) > testsend.MOST:
            raise ValidationError(f"At most {testsend.MOST} addresses at a time; these are {len(found)}.")
        return found


class TemplateForm(forms.Form):
    """The name under which a message is kept for later campaigns."""

    keep_as = forms.CharField(max_length=120, error_messages={"required": "Give the template a name."})

    def __init__(self, *args: Any, merchant: Merchant, **kwargs: Any) -> None:
        self.merchant = merchant
        super().__init__(*args, **kwargs)

    def clean_keep_as(self) -> str:
        name: str = self.cleaned_data["keep_as"].strip()
        if MessageTemplate.objects.for_merchant(self.merchant).filter(name=name).exists():
            raise ValidationError("A template of that name exists already. Choose another name.")
        return name


def unit_of(minutes: int) -> str:
    """The largest unit in which these minutes are a whole number."""
    return next((name for name, size in reversed(UNITS.items()) if minutes and minutes % size == 0), "minutes")


def _recipients(campaign: Campaign, step: Step) -> dict[str, Any]:
    unit = unit_of(step.delay_minutes)
    return {
        "name": campaign.name,
        "tags": ", ".join(campaign.tags),
        "type": campaign.type,
        "audience": campaign.audience,
        "stores": list(campaign.stores.all()),
        "delay": step.delay_minutes // UNITS[unit],
        "unit": unit,
        "priority": campaign.priority,
        "cooldown": campaign.cooldown_hours,
    }
