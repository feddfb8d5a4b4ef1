"""The editors of messages that are no mails, by channel; a mail's is in `content`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from accounts.models import Merchant
from campaigns.models import Campaign, Step
from campaigns.views import push, text


@dataclass(frozen=True, slots=True)
class Editor:
    """`page` writes and saves, `keep` makes a template, `drawn` answers with the preview, `type_in` makes the step what was posted."""

    page: Callable[[HttpRequest, Campaign, Step], HttpResponse]
    keep: Callable[[HttpRequest, Campaign, Step], HttpResponse]
    drawn: Callable[[HttpRequest, Merchant, Step], HttpResponse]
    type_in: Callable[[HttpRequest, Merchant, Step], None]


EDITORS: Mapping[str, Editor] = {
    "sms": Editor(text.page, text.keep, text.drawn, text.type_in),
    "push": Editor(push.page, push.keep, push.drawn, push.type_in),
}
