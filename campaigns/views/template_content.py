"""Composing a template: the page of blocks that the wizard has, without a campaign around it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.drafting import review
from campaigns.editing import library
from campaigns.editing.form import ContentForm
from campaigns.editing.library import Wording
from campaigns.models import MessageTemplate, Step
from campaigns.views import compose, preview
from campaigns.views.library import on_template
from campaigns.views.scope import page, tell
from campaigns.views.steps import user_of


@on_template
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    """The blocks of a template; one that is written by hand is edited as its source."""
    change = reverse("admin:campaigns_messagetemplate_change", args=[template.code])
    if template.blocks is None:
        return redirect(change)
    form = ContentForm(request.POST or None, instance=_step(template), merchant=template.merchant)
    if request.method == "POST" and form.is_valid() and form.composed:
        _save(request, template, form)
        return redirect("campaigns:template", template.code)
    context = compose.editor(template.merchant) | compose.page(
        form, dynamic=review.has_dynamic_store(template.merchant, [])
    )
    return page(
        request,
        "campaigns/library/compose.html",
        status=422 if form.is_bound else 200,
        title=template.name,
        heading="Templates",
        opts=MessageTemplate._meta,
        saved=template,
        form=form,
        rename_address=change,
        preview_address=reverse("campaigns:draw_template", args=[template.code]),
        **context,
    )


@on_template
@require_POST
def draw(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    """What stands in the composer, as it looks. Saves nothing."""
    return preview.drawn(request, template.merchant, _step(template))


def _step(template: MessageTemplate) -> Step:
    """A template as the step of a campaign that will never be: both say the same things."""
    return Step(
        subject=template.subject, preheader=template.preheader, body=template.body, blocks=template.blocks, feed=True
    )


def _save(request: HttpRequest, template: MessageTemplate, form: ContentForm) -> None:
    step = form.instance
    wording = Wording(step.subject, step.preheader, step.body, step.blocks)
    if library.change(template, wording, user_of(request)):
        tell(request, f"“{template.name}” is saved. What it said before is kept as a version.")
    else:
        tell(request, f"Nothing was changed in “{template.name}”.")
