"""The wizard's third step: picking a template, writing the message, keeping it as a template."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts import access
from campaigns.drafting import drafts
from campaigns.editing.form import ContentForm
from campaigns.models import Campaign, Step
from campaigns.views import compose, keeping
from campaigns.views.editors import EDITORS
from campaigns.views.library import gallery
from campaigns.views.product_feed import is_dynamic, offered, why_not_cart
from campaigns.views.scope import on_campaign, refuse
from campaigns.views.steps import (
    get_or_post,
    go,
    names_step,
    on_step,
    saved,
    saves_only,
    step_page,
    step_url,
    url_of,
    user_of,
)


@on_campaign(access.BUILD_CAMPAIGNS)
@get_or_post
@on_step
def content(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    """The message of one step. The address without a step leads to the list of steps where there are several."""
    if request.method != "POST" and not names_step(request) and campaign.steps.count() > 1:
        return redirect(url_of(campaign, "steps"))
    if editor := EDITORS.get(step.channel):
        return editor.page(request, campaign, step)
    if request.method != "POST" and (not step.body or "templates" in request.GET):
        found = gallery(request, campaign.merchant)
        return step_page(request, campaign, "content", gallery=found, step=step)
    form = ContentForm(request.POST or None, instance=step, merchant=campaign.merchant, draft=saves_only(request))
    if request.method == "POST" and form.is_valid() and saved(request, campaign, lambda _: form.save()):
        return _onwards(request, campaign, form, step)
    tools = compose.editor(campaign.merchant) | {"feeds": offered(campaign), "my_address": user_of(request).email}
    if form.composed and "source" not in request.GET:
        tools |= compose.page(form, dynamic=is_dynamic(campaign), locked=not campaign.editable)
    return step_page(request, campaign, "content", form=form, step=step, **tools)


def _onwards(request: HttpRequest, campaign: Campaign, form: ContentForm, step: Step) -> HttpResponse:
    """Where the button leads after saving: to the source of the blocks, or as in the other steps."""
    if form.unfinished:
        first = form.unfinished[0]
        messages.warning(request, f"Saved, but not finished yet. {first.where}: {first.message}")
    if form.composed and request.POST.get("go") == "source":
        return redirect(step_url(step, "content") + "?source=1")
    return go(request, campaign, "content")


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
@on_step
def pick_template(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    """Put a template's content in place of what is there."""
    chosen = drafts.template(campaign.merchant, request.POST.get("template", ""), step.channel)
    if chosen is None:
        refuse(request, "That template is not there any more. Pick another one.")
        return redirect(step_url(step, "content") + "?templates=1")

    def begin(locked: Campaign) -> None:
        step.refresh_from_db()
        drafts.begin_from(step, chosen, feed=why_not_cart(locked) == "")
        step.save()

    saved(request, campaign, begin)
    return redirect(step_url(step, "content"))


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
@on_step
def save_template(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    """Keep what stands in the editor as a template of the merchant; answers with a line to show beside the button."""
    if editor := EDITORS.get(step.channel):
        return editor.keep(request, campaign, step)
    form = ContentForm(request.POST, instance=step, merchant=campaign.merchant, draft=True)
    form.fields["body"].required = not form.composed
    return keeping.keep(request, form, used="in every campaign")
