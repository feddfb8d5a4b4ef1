"""The wizard's third step for a notification: writing it, seeing it as phones and computers show it, and sending a test."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import Merchant
from campaigns.drafting import drafts
from campaigns.editing import preview_data
from campaigns.incentives import choosing
from campaigns.models import Campaign, Step
from campaigns.notifications import looks as push_looks
from campaigns.notifications.form import EXTRAS, OWN, PushForm
from campaigns.views import compose, keeping
from campaigns.views.steps import go, saved, saves_only, step_page, user_of


def page(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    merchant = campaign.merchant
    form = PushForm(request.POST or None, instance=step, merchant=merchant, draft=saves_only(request))
    if request.method == "POST" and form.is_valid() and saved(request, campaign, lambda _: form.save()):
        return go(request, campaign, "content")
    editor = compose.editor(merchant) | {"begin_from": drafts.templates(merchant, "push"), "editor": "push"}
    editor |= {"caught": not settings.PUSH_CONTACT, "my_address": user_of(request).email}
    return step_page(request, campaign, "content", form=form, step=step, **editor)


def keep(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    form = PushForm(request.POST, instance=step, merchant=campaign.merchant, draft=True)
    form.fields["body"].required = True
    return keeping.keep(request, form, used="for every notification")


def drawn(request: HttpRequest, merchant: Merchant, step: Step) -> HttpResponse:
    """The notification as it stands in the editor, on a phone and a computer, with what is to be said about it. Saves nothing."""
    type_in(request, merchant, step)
    look = push_looks.look(step, merchant, preview_data.past_cart(merchant, request.POST.get("cart", "")))
    shown = {"look": look, "preview": look.shown, "found": look.checks, "site": merchant.name}
    return render(request, "campaigns/wizard/push_preview.html", shown)


def type_in(request: HttpRequest, merchant: Merchant, step: Step) -> None:
    """Make the step what stands in the editor, valid or not; never saved."""
    step.subject = request.POST.get("subject", "")[:2000]
    step.body = request.POST.get("body", "")[:20_000].replace("\r\n", "\n")
    step.extras = {name: request.POST.get(name, "")[:2000] for name in EXTRAS}
    if step.extras["picture"] == OWN:
        step.extras["picture"] = request.POST.get("picture_address", "")[:2000]
    push_looks.fit_feed(step, merchant)
    if "discount" in request.POST:
        step.discount = choosing.chosen(merchant, request.POST["discount"])
