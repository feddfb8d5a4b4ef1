"""What people choose when they connect a store, and afterwards."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.models import Merchant
from integrations.connecting import MAX_QUIET_PERIOD, MIN_QUIET_PERIOD, QUIET_PERIOD, Wish
from integrations.models import Connection
from integrations.providers.base import Provider

NEW_STORE = ""


def _quiet_period_field(*, optional: bool) -> forms.IntegerField:
    text = "An abandoned cart is one without a sign of life for so long."
    return forms.IntegerField(
        label="Quiet period in minutes",
        min_value=MIN_QUIET_PERIOD,
        max_value=MAX_QUIET_PERIOD,
        required=not optional,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"Empty: your shop tells us itself when a cart is abandoned. Otherwise: {text.lower()}"
        if optional
        else text,
    )


class ConnectForm(forms.Form):
    """A new connection. What it asks follows from the provider: its secret where it makes one, the quiet period where the
    timer is or may be ours."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="As you call this shop.", widget=UnfoldAdminTextInputWidget
    )
    store = forms.ChoiceField(label="Store", required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, merchant: Merchant, provider: Provider, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stores = list(merchant.stores.values_list("slug", "name"))
        self._field("store", forms.ChoiceField).choices = [(NEW_STORE, "A new store with this name"), *stores]
        if not stores:
            del self.fields["store"]
        if provider.makes_secret:
            self.fields["secret"] = forms.CharField(
                label=f"Signing secret of {provider.label}",
                required=False,
                max_length=500,
                widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
                help_text="You may add it afterwards. Until then calls are refused, because nobody can tell who sent them.",
            )
        if provider.timer != "theirs":
            field = _quiet_period_field(optional=provider.timer == "editable")
            field.initial = None if provider.timer == "editable" else QUIET_PERIOD
            self.fields["quiet_period"] = field

    def wish(self) -> Wish:
        data = self.cleaned_data
        return Wish(data["name"], data.get("store", ""), data.get("secret", ""), data.get("quiet_period"))

    def _field(self, name: str, kind: type[Any]) -> Any:
        field = self.fields[name]
        assert isinstance(field, kind)
        return field


class SettingsForm(forms.Form):
    """What may be changed of a connection."""

    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget)
    carts_enabled = forms.BooleanField(
        label="Use this shop's abandoned carts",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Off: its events are kept, and no campaign meets its carts.",
    )

    def __init__(self, connection: Connection, provider: Provider, data: Any = None) -> None:
        initial = {
            "name": connection.name,
            "carts_enabled": connection.carts_enabled,
            "quiet_period": connection.quiet_period_minutes,
        }
        super().__init__(data, initial=initial)
        if provider.timer != "theirs":
            self.fields["quiet_period"] = _quiet_period_field(optional=provider.timer == "editable")


class SecretForm(forms.Form):
    secret = forms.CharField(
        label="Signing secret",
        max_length=500,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )
