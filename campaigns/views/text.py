"""The wizard's third step for a text: writing it, seeing it on a phone with its segments and price, and sending a test."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import Merchant
from campaigns.drafting import drafts
from campaigns.editing import preview_data
from campaigns.incentives import choosing
from campaigns.models import Campaign, Step
from campaigns.texts import looks as text_looks
from campaigns.texts.form import TextForm
from campaigns.views import compose, keeping
from campaigns.views.steps import go, saved, saves_only, step_page


def page(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    merchant = campaign.merchant
    form = TextForm(request.POST or None, instance=step, merchant=merchant, draft=saves_only(request))
    if request.method == "POST" and form.is_valid() and saved(request, campaign, lambda _: form.save()):
        return go(request, campaign, "content")
    editor = compose.editor(merchant) | {"begin_from": drafts.templates(merchant, "sms"), "editor": "text"}
    return step_page(request, campaign, "content", form=form, step=step, **editor)


def keep(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    form = TextForm(request.POST, instance=step, merchant=campaign.merchant, draft=True)
    form.fields["body"].required = True
    return keeping.keep(request, form, used="for every text")


def drawn(request: HttpRequest, merchant: Merchant, step: Step) -> HttpResponse:
    """The text as it stands in the editor, on a phone, with what is to be said about it. Saves nothing."""
    look = looked(request, merchant, step)
    return render(
        request, "campaigns/wizard/text_preview.html", {"look": look, "preview": look.shown, "found": look.checks}
    )


def looked(request: HttpRequest, merchant: Merchant, step: Step) -> text_looks.Look:
    type_in(request, merchant, step)
    return text_looks.look(step, merchant, preview_data.past_cart(merchant, request.POST.get("cart", "")))


def type_in(request: HttpRequest, merchant: Merchant, step: Step) -> None:
    """Make the step what stands in the editor, valid or not; never saved."""
    step.body = request.POST.get("body", "")[:20_000].replace("\r\n", "\n")
    text_looks.fit_feed(step, merchant)
    if "discount" in request.POST:
        step.discount = choosing.chosen(merchant, request.POST["discount"])
