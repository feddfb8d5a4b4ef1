"""The time line of a campaign as a form: when each step leaves, until when, and which share a variant gets."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from campaigns.drafting.drafts import Send
from campaigns.drafting.forms import TOO_LATE, UNITS, unit_of
from campaigns.drafting.sequence import MAX_DELAY_MINUTES, Place, move, places
from campaigns.models import Campaign, CampaignKind, QuietHours, Step

MAX_SHARE = 100


class PlaceForm(forms.Form):
    """One step: what its messages have in common. Named by the code of its first message."""

    delay = forms.IntegerField(min_value=0, error_messages={"required": "Say how long to wait; 0 sends at once."})
    unit = forms.ChoiceField(choices=[(unit, unit) for unit in UNITS])
    expires = forms.IntegerField(min_value=1, error_messages={"required": "Say until when it still makes sense."})
    expires_unit = forms.ChoiceField(choices=[(unit, unit) for unit in UNITS])
    quiet_hours = forms.ChoiceField(required=False)

    def __init__(self, data: Mapping[str, Any] | None, campaign: Campaign, place: Place) -> None:
        self.campaign, self.place = campaign, place
        super().__init__(data, prefix=str(place.steps[0].code), initial=_initial(place.steps[0]))
        waterfall = campaign.kind == CampaignKind.WATERFALL
        choices = [one for one in QuietHours.choices if waterfall or one[0] != QuietHours.NEXT]
        self.fields["quiet_hours"].choices = choices  # type: ignore[attr-defined]
        for step in place.steps if place.tested else ():
            self.fields[_share(step)] = forms.IntegerField(
                min_value=0, max_value=MAX_SHARE, initial=step.share, required=False
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, unit in (("delay", "unit"), ("expires", "expires_unit")):
            if data.get(name) is None or unit not in data:
                continue
            data[f"{name}_minutes"] = data[name] * UNITS[data[unit]]
            if data[f"{name}_minutes"] > MAX_DELAY_MINUTES:
                self.add_error(name, TOO_LATE)
        return data

    def messages(self) -> Iterator[tuple[Step, Any]]:
        """Each message of the step, with the field of its share where it is tested."""
        for step in self.place.steps:
            yield step, self[_share(step)] if self.place.tested else None

    def fill(self) -> None:
        """Put the answers into the step's messages; they are numbered anew afterwards (`sequence.arrange`)."""
        data = self.cleaned_data
        for lead in {step.place_id: step for step in self.place.steps}.values():
            move(lead, data["delay_minutes"], data["expires_minutes"], arranging=False)
        for step in self.place.steps:
            share = data.get(_share(step))
            fields = {"quiet_hours": data["quiet_hours"] or QuietHours.HOLD}
            self.campaign.steps.filter(pk=step.pk).update(**fields | ({"share": share} if share is not None else {}))

    def send(self) -> Send:
        """What it would send, from whatever is valid."""
        data = getattr(self, "cleaned_data", {})
        channels = tuple(dict.fromkeys(step.channel for step in self.place.steps))
        delay = data.get("delay_minutes", self.place.delay_minutes)
        return Send(delay, channels, len({step.variant for step in self.place.steps}))


def forms_of(campaign: Campaign, data: Mapping[str, Any] | None) -> list[PlaceForm]:
    """A form for each step, in their order."""
    return [PlaceForm(data, campaign, place) for place in places(campaign.steps.select_related("discount"))]


def _share(step: Step) -> str:
    return f"share_{step.variant}"


def _initial(step: Step) -> dict[str, Any]:
    unit, expires_unit = unit_of(step.delay_minutes), unit_of(step.expires_after_minutes)
    return {
        "delay": step.delay_minutes // UNITS[unit],
        "unit": unit if step.delay_minutes else "hours",
        "expires": step.expires_after_minutes // UNITS[expires_unit],
        "expires_unit": expires_unit,
        "quiet_hours": step.quiet_hours,
    }
