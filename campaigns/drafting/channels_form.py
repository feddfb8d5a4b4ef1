"""The first question of the wizard: which kind of campaign, and over which channels."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts import plans
from accounts.models import Merchant
from campaigns.models import CampaignKind
from campaigns.usable import Way, ways


class ChannelsForm(forms.Form):
    """`channel` may be given several times, in the order in which a waterfall tries them. Nothing given: email, regular."""

    kind = forms.ChoiceField(choices=CampaignKind.choices, required=False)
    channel = forms.MultipleChoiceField(required=False)

    def __init__(self, data: Any, *, merchant: Merchant, kind: str, used: Sequence[str]) -> None:
        self.merchant, self.ways = merchant, ways(merchant)
        super().__init__(data, initial={"kind": kind, "channel": list(used)})
        self.fields["channel"].choices = [(way.slug, way.label) for way in self.ways]  # type: ignore[attr-defined]

    def offered(self) -> list[tuple[Way, bool]]:
        """Every channel and whether it is chosen: the chosen first, in their order."""
        chosen = self["channel"].value() or []
        place = {slug: at for at, slug in enumerate(chosen)}
        return [(way, way.slug in place) for way in sorted(self.ways, key=lambda way: place.get(way.slug, len(place)))]

    def clean_kind(self) -> CampaignKind:
        kind = CampaignKind(self.cleaned_data["kind"] or CampaignKind.REGULAR)
        if kind.feature and (reason := plans.why_not(self.merchant.plan, kind.feature)):
            raise ValidationError(reason)
        return kind

    def clean_channel(self) -> list[str]:
        chosen: list[str] = list(dict.fromkeys(self.cleaned_data["channel"])) or ["email"]
        for way in self.ways:
            if way.slug in chosen and way.reason:
                raise ValidationError(way.reason)
        return chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = data.get("channel", ())
        if data.get("kind") == CampaignKind.WATERFALL and 0 < len(chosen) < 2:
            self.add_error(
                "channel", "A waterfall needs at least two channels: the next one to try, where the first fails."
            )
        if data.get("kind") == CampaignKind.AB and len(chosen) > 1:
            self.add_error("channel", "A test compares messages of one channel. Choose one.")
        return data
