"""Messages shown before they are sent: the live preview of the editor, templates, what is live, and tests."""

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.models import Merchant
from campaigns.brand import brand_of
from campaigns.composer.reading import NotADocument
from campaigns.composer.writing import Written, write
from campaigns.contents import compiled_of
from campaigns.drafting import drafts
from campaigns.drafting.forms import TestSendForm
from campaigns.editing import library, preview_data, previewing, testsend
from campaigns.editing.facts import checks_of
from campaigns.editing.previewing import PREVIEW_POLICY, Preview
from campaigns.feeds import Policy
from campaigns.incentives import choosing
from campaigns.links import PlainLinks
from campaigns.models import Campaign, Content, Discount, DiscountKind, PriceRose, SoldOut, Step
from campaigns.rendering import MissingData, Rendered, RenderFailed
from campaigns.rendering import render as render_message
from campaigns.starters import starters
from campaigns.templating.compiling import Source
from campaigns.views.editors import EDITORS
from campaigns.views.scope import asked, on_campaign, signed_in
from campaigns.views.steps import on_step, user_of

# A template carries no discount: one is made up, so that its place in the message is seen.
_EXAMPLE = Discount(kind=DiscountKind.PERCENT, value=Decimal(15))


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
@on_step
def live(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    """What stands in the editor, rendered with the chosen cart. Saves nothing."""
    if editor := EDITORS.get(step.channel):
        return editor.drawn(request, campaign.merchant, step)
    return drawn(request, campaign.merchant, step)


def drawn(request: HttpRequest, merchant: Merchant, step: Step) -> HttpResponse:
    """The step as it stands in the editor, as it looks, and what is to be said about it."""
    _type(step, request)
    source, context = _material(merchant, step, request.POST.get("cart", ""))
    written = _written(request)
    shown = previewing.preview(replace(source, body=written.mjml.marked) if written else source, context)
    found = checks_of(step, merchant, shown, context) if step.body.strip() else []
    answer: dict[str, Any] = {"preview": shown, "found": found}
    if written:
        answer["found"] = [replace(check, block=written.mjml.block_at(check.line), line=0) for check in found]
        answer["places"] = [asdict(place) for place in written.places(shown.problems)]
    return render(request, "campaigns/wizard/preview.html", answer)


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
@on_step
def send_test(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    """Send what stands in the editor to some addresses; answers with a line for each, to show beside the button."""
    form = TestSendForm(request.POST)
    if not form.is_valid():
        return render(request, "campaigns/wizard/answer.html", {"errors": form.errors["address"]})
    return render(
        request, "campaigns/wizard/answer.html", _tested(request, campaign, step, form.cleaned_data["address"])
    )


@on_campaign(access.BUILD_CAMPAIGNS)
@require_GET
@xframe_options_sameorigin
@on_step
def draft(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    """The message as it is saved."""
    source = drafts.source_of(step, campaign.merchant)
    return _document(_lifelike(campaign.merchant, source, step.discount).html)


@signed_in
@require_GET
@xframe_options_sameorigin
def template(request: HttpRequest, key: str) -> HttpResponse:
    """A template as a picture in its card, or how it looked in an earlier version."""
    merchant = access.current_merchant_or_404(request, access.BUILD_CAMPAIGNS)
    found = starters().get(key) or library.find(merchant, key, asked(request, "version"))
    if found is None:
        raise Http404("No such template.")
    source = Source(found.subject, found.preheader, found.body, brand=brand_of(merchant))
    return _document(_lifelike(merchant, source, _EXAMPLE).html)


@on_campaign(access.SEE_REPORTS)
@require_GET
@xframe_options_sameorigin
def version(request: HttpRequest, campaign: Campaign, number: int) -> HttpResponse:
    """The message of a version, as it was frozen, with the data of a sample shopper."""
    contents = Content.objects.filter(version__campaign=campaign, version__number=number, channel="email")
    position, _, variant = asked(request, "at").partition("-")
    if position.isdigit() and len(position) < 3 and variant:
        contents = contents.filter(position=position, variant=variant)
    content = contents.order_by("position", "variant").first()
    if content is None:
        raise Http404("No such version.")
    message = _frozen(campaign.merchant, content)
    missing = "<p>This message needs data that the sample shopper does not have.</p>"
    return _document(message.html if message else missing)


def subject_shown(campaign: Campaign, mail: Content | Step) -> str:
    """The subject as a shopper reads it, of a version's mail or of the draft's; as it is written where that fails."""
    written = mail.subject
    if isinstance(mail, Content):
        message = _frozen(campaign.merchant, mail)
    else:
        source = drafts.source_of(mail, campaign.merchant)
        message = _lifelike(campaign.merchant, source, mail.discount).message
    return message.subject if message and written else written


def _frozen(merchant: Merchant, content: Content) -> Rendered | None:
    """A version's message with the data of a sample shopper; None where that lacks something."""
    compiled = compiled_of(content)
    try:
        return render_message(compiled, _sample(merchant, content), PlainLinks())
    except (MissingData, RenderFailed):
        return None


def _sample(merchant: Merchant, content: Content) -> dict[str, Any]:
    return preview_data.preview_context(merchant, None, feed=content.feed, discount=content.discount)


def _type(step: Step, request: HttpRequest) -> None:
    """Make the step what stands in the editor, valid or not; never saved."""
    for field in ("subject", "preheader", "sender_name", "sender_email", "body"):
        setattr(step, field, request.POST.get(field, "")[:200_001])
    step.feed = request.POST.get("feed", "").lower() in {"true", "on", "1"}
    for rule, choices in (("sold_out", SoldOut), ("price_rose", PriceRose)):
        if request.POST.get(rule) in choices.values:
            setattr(step, rule, request.POST[rule])
    if written := _written(request):
        step.blocks, step.body = written.document.as_json(), written.mjml.source
        step.feed = written.document.uses_feed
    if "discount" in request.POST:
        step.discount = choosing.chosen(step.campaign.merchant, request.POST["discount"])


def _written(request: HttpRequest) -> Written | None:
    """The blocks that stand in the composer, if the message is composed of blocks."""
    try:
        return write(request.POST["blocks"]) if "blocks" in request.POST else None
    except NotADocument:
        return None


def _material(merchant: Merchant, step: Step, cart_code: str) -> tuple[Source, dict[str, Any]]:
    source = drafts.source_of(step, merchant)
    cart = preview_data.past_cart(merchant, cart_code)
    policy = Policy(step.sold_out, step.price_rose)
    return source, preview_data.preview_context(
        merchant, cart, feed=source.feed, body=source.body, policy=policy, discount=step.discount
    )


def _lifelike(merchant: Merchant, source: Source, discount: Discount | None = None) -> Preview:
    """With the merchant's newest cart, so that its own products are seen; with a sample where that lacks something."""
    newest = next(iter(preview_data.past_carts(merchant)), None)
    shown = previewing.preview(
        source,
        preview_data.preview_context(merchant, newest, feed=source.feed, body=source.body, discount=discount),
    )
    if shown.missing:
        sample = preview_data.preview_context(merchant, None, feed=source.feed, discount=discount)
        return previewing.preview(source, sample)
    return shown


def _tested(request: HttpRequest, campaign: Campaign, step: Step, addresses: list[str]) -> dict[str, object]:
    user, now = user_of(request), timezone.now()
    if editor := EDITORS.get(step.channel):
        editor.type_in(request, campaign.merchant, step)
    else:
        _type(step, request)
    source, context = _material(campaign.merchant, step, request.POST.get("cart", ""))
    shown = previewing.preview(source, context, step.channel)
    if shown.message is None or shown.prepared is None:
        return {"errors": ["The message cannot be made yet: see the note at the preview."]}
    if testsend.too_many(user, now):
        return {"errors": ["That were many tests. Wait some minutes, then go on."]}
    tested = testsend.send_tests(
        addresses, campaign=campaign, step=step, prepared=shown.prepared, context=context, user=user, now=now
    )
    return {"tested": tested}


def _document(html: str) -> HttpResponse:
    response = HttpResponse(html)
    response["Content-Security-Policy"] = f"{PREVIEW_POLICY}; sandbox allow-popups"
    return response
