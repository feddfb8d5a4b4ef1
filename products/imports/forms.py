"""What people choose when they add an import, and afterwards."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.models import Merchant, Store
from aiq.lib.outbound import RefusedAddress, read_target
from products.imports.sources import PACES, Wish
from products.imports.uploads import MAX_BYTES
from products.models import FeedFormat, FeedImport

ADDRESS, FILE = "address", "file"
BY_HAND = ""


class UploadField(forms.FileField):
    """A file that is not larger than an import may be."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        file: UploadedFile | None = super().clean(data, initial)
        if file and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
        return file


class FileForm(forms.Form):
    """A file for an import that is there."""

    file = UploadField(
        label="File",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xml,.gz"}),
        help_text="CSV, or a Google Merchant feed as XML, CSV or TSV. It changes only the products it names.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )

    def chunks(self) -> Iterable[bytes]:
        upload: UploadedFile = self.cleaned_data["file"]
        return upload.chunks()


class AddressForm(forms.Form):
    """Name, address, pace and format of an import that is fetched."""

    name = forms.CharField(label="Name", max_length=120, widget=UnfoldAdminTextInputWidget)
    url = forms.CharField(
        label="Address",
        max_length=2000,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "url", "placeholder": "https://"}),
        help_text="Where your shop publishes its product feed. It holds everything the store sells: "
        "what is no longer in it counts as sold out.",
    )
    every = forms.TypedChoiceField(
        label="Read it",
        choices=[
            *((str(minutes), words.capitalize()) for minutes, words in PACES.items()),
            (BY_HAND, "When I ask for it"),
        ],
        initial="360",
        required=False,
        coerce=int,
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
        help_text="After two missed readings its stock counts as unknown.",
    )
    format = forms.ChoiceField(
        label="Format", choices=FeedFormat.choices, initial=FeedFormat.AUTO, widget=UnfoldAdminSelectWidget
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        try:
            read_target(url, loopback=settings.OUTBOUND_LOOPBACK)
        except RefusedAddress as error:
            raise forms.ValidationError(str(error)) from None
        return url


class ChangeForm(AddressForm):
    """An import that is there; one that is given by hand has neither address nor pace."""

    def __init__(self, feed: FeedImport, data: Any = None) -> None:
        self.feed = feed
        initial = {"name": feed.name, "url": feed.url, "every": feed.every_minutes or BY_HAND, "format": feed.format}
        super().__init__(data, initial=initial)
        if not feed.url:
            del self.fields["url"], self.fields["every"]

    def wish(self) -> Wish:
        data = self.cleaned_data
        return Wish(data["name"], self.feed.store, data.get("url", ""), data.get("every"), data["format"])


class AddForm(AddressForm):
    """A new import: which store, and from an address or a file."""

    store = forms.ModelChoiceField(
        label="Store",
        queryset=Store.objects.none(),
        empty_label=None,
        to_field_name="code",
        widget=UnfoldAdminSelectWidget,
    )
    source = forms.ChoiceField(
        label="Read from",
        choices=[(ADDRESS, "An address, again and again"), (FILE, "A file on this computer, once")],
        initial=ADDRESS,
        widget=UnfoldAdminRadioSelectWidget,
    )
    file = FileForm.base_fields["file"]
    field_order = ("name", "store", "source", "url", "every", "file", "format")

    def __init__(self, merchant: Merchant, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        stores: Any = self.fields["store"]
        stores.queryset = merchant.stores.order_by("name")
        unused = {ADDRESS: "file", FILE: "url"}.get((data or {}).get("source", ADDRESS), "file")
        self.fields[unused].required = False

    def wish(self) -> Wish:
        data = self.cleaned_data
        url = data["url"] if data["source"] == ADDRESS else ""
        return Wish(data["name"], data["store"], url, data.get("every"), data["format"])

    def clean_url(self) -> str:
        return super().clean_url() if self.fields["url"].required else ""

    def chunks(self) -> Iterable[bytes] | None:
        upload: UploadedFile = self.cleaned_data["file"]
        return upload.chunks() if self.cleaned_data["source"] == FILE else None
