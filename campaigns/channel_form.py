"""How a merchant uses a channel: on or off, from which number, at what price, and how much one shopper gets."""

import re
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator

from accounts.models import Merchant
from campaigns.channels.base import CHANNELS
from campaigns.models import ChannelSettings, SenderKind
from campaigns.usable import is_on_by_itself

_CAPS = ("cap_messages", "cap_hours")
FIELDS = {
    "email": ("enabled", "quiet_hours", *_CAPS),
    "sms": ("enabled", "sender_kind", "sender", "price", *_CAPS),
    "push": ("enabled", *_CAPS),
}
# Short codes have five or six digits in North America, three to eight elsewhere. A name has up to 11 letters and digits, one of
# them a letter (GSM 03.40; twilio.com/docs/glossary/what-alphanumeric-sender-id).
_SHORT_CODE = re.compile(r"\d{3,8}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


class ChannelForm(forms.ModelForm):
    """The fields that a channel has; the others stay as they are."""

    class Meta:
        model = ChannelSettings
        fields: ClassVar[list[str]] = ["enabled", "sender_kind", "sender", "price", "quiet_hours", *_CAPS]
        labels: ClassVar[dict[str, str]] = {
            "enabled": "Messages may be sent",
            "sender_kind": "Sent from",
            "sender": "Number or name",
            "price": "Price of one segment",
            "quiet_hours": "Keep quiet hours",
            "cap_messages": "At most",
            "cap_hours": "Within hours",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "sender": "As your provider lists it, such as +1 612 555 0100.",
            "price": "For the cost shown beside a text.",
            "quiet_hours": "Mails then wait for the shopper's day, as texts and notifications always do.",
        }

    def __init__(self, data: Any = None, *, merchant: Merchant, channel: str) -> None:
        own = ChannelSettings.objects.for_merchant(merchant).filter(channel=channel).first()
        self.known = own is not None
        instance = own or ChannelSettings(
            merchant=merchant, channel=channel, enabled=is_on_by_itself(merchant, channel)
        )
        super().__init__(data, instance=instance, prefix=channel)
        for name in set(self.fields) - set(FIELDS[channel]):
            del self.fields[name]
        if "sender_kind" in self.fields:
            self.fields["sender_kind"].required = False
        if "price" in self.fields:
            self.fields["price"].validators.append(MinValueValidator(0))
            self.fields["price"].label = f"Price of one segment, {merchant.currency}"

    @property
    def slug(self) -> str:
        return self.instance.channel

    @property
    def label(self) -> str:
        channel = CHANNELS.get(self.slug)
        return str(channel.label)

    @property
    def icon(self) -> str:
        channel = CHANNELS.get(self.slug)
        return str(channel.icon)

    def callbacks(self) -> dict[str, str]:
        """The addresses that the gateway of texts calls, once the settings are saved."""
        if not self.known or self.slug != "sms":
            return {}
        base = f"{settings.PUBLIC_URL}/callbacks/sms/{self.instance.code}/"
        return {"Incoming texts": f"{base}inbound", "Delivery reports": base}

    def clean_sender_kind(self) -> str:
        return self.cleaned_data.get("sender_kind") or SenderKind.LONG_CODE

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("sender"):
            try:
                data["sender"] = _sender(data["sender"].strip(), data.get("sender_kind", ""))
            except ValidationError as error:
                self.add_error("sender", error)
        if not self.errors and bool(data.get("cap_messages")) != bool(data.get("cap_hours")):
            missing = "cap_hours" if data.get("cap_messages") else "cap_messages"
            self.add_error(missing, "A limit needs both a number and hours. Leave both empty for none.")
        data |= {name: data.get(name) or None for name in _CAPS if name in data}
        return data


def _sender(text: str, kind: str) -> str:
    if kind == SenderKind.NAME:
        if not _NAME.fullmatch(text):
            raise ValidationError("A name has up to 11 letters and digits, one of them a letter.")
        return text
    if kind == SenderKind.SHORT_CODE:
        if not _SHORT_CODE.fullmatch(text):
            raise ValidationError("A short code has three to eight digits.")
        return text
    try:
        return str(CHANNELS.get("sms").read_address(text))
    except ValueError as error:
        raise ValidationError(str(error)) from error
