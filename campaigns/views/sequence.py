"""The wizard's list of steps: their time line, and what is done to them. Every button saves what stands in the form first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import access
from campaigns import wording
from campaigns.drafting import drafts, sequence
from campaigns.drafting.sequence_form import PlaceForm, forms_of
from campaigns.editing.asread import Reader
from campaigns.models import Campaign, CampaignKind, Step
from campaigns.usable import OFFERED, ways
from campaigns.views.scope import asked, on_campaign, refuse
from campaigns.views.steps import get_or_post, go, in_words, is_written, saved, step_page, step_url, url_of


@on_campaign(access.BUILD_CAMPAIGNS)
@get_or_post
def steps(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    forms, reader = forms_of(campaign, request.POST or None), Reader(campaign.merchant)
    if request.method == "POST" and all(form.is_valid() for form in forms) and saved(request, campaign, _fill(forms)):
        return _onwards(request, campaign)
    return step_page(
        request,
        campaign,
        "content",
        template="steps",
        form=next((form for form in forms if form.errors), None),
        forms=[(form, [_shown(step, share, reader) for step, share in form.messages()]) for form in forms],
        ways=[way for way in ways(campaign.merchant) if not way.reason],
        preset=_preset(campaign),
        removed=asked(request, "removed"),
        most=sequence.MOST_STEPS,
        full=len(forms) >= sequence.MOST_STEPS,
        alone=sum(len(form.place.steps) for form in forms) == 1,
        **in_words(campaign, _sketch(campaign, forms)),
    )


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
def sentence(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """The sentence beside the time line, rewritten from what stands there. Saves nothing."""
    forms = forms_of(campaign, request.POST)
    for form in forms:
        form.is_valid()
    return render(request, "campaigns/wizard/sentence.html", in_words(campaign, _sketch(campaign, forms)))


def _fill(forms: Sequence[PlaceForm]) -> Callable[[Campaign], None]:
    def fill(campaign: Campaign) -> None:
        for form in forms:
            form.fill()
        sequence.arrange(campaign)

    return fill


def _onwards(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    """What the button asked for, once the times are saved."""
    wish, _, code = request.POST.get("go", "next").partition(":")
    if wish == "edit":
        return redirect(step_url(_step(campaign, code), "content"))
    if wish not in _DEEDS:
        return go(request, campaign, "content")
    done: list[str] = []
    try:
        saved(request, campaign, lambda locked: done.append(_DEEDS[wish](locked, code, request)))
    except sequence.Refused as error:
        refuse(request, str(error))
    return redirect(url_of(campaign, "steps") + (done[0] if done else ""))


def _add(campaign: Campaign, code: str, request: HttpRequest) -> str:
    channel = request.POST.get("channel", "email")
    usable = {way.slug for way in ways(campaign.merchant) if not way.reason}
    if channel not in usable:
        raise sequence.Refused("That channel cannot be used now.")
    last = max((step.delay_minutes for step in campaign.steps.all()), default=0)
    later = next((delay for delay in sequence.preset_of([channel]) if delay > last), last + 1440)
    sequence.add(campaign, channel, min(later, sequence.MAX_DELAY_MINUTES))
    return ""


def _use_preset(campaign: Campaign, code: str, request: HttpRequest) -> str:
    sequence.use_preset(campaign)
    return ""


def _add_variant(campaign: Campaign, code: str, request: HttpRequest) -> str:
    if campaign.kind == CampaignKind.AB:
        sequence.add_variant(_step(campaign, code))
    return ""


def _remove(campaign: Campaign, code: str, request: HttpRequest) -> str:
    step = _step(campaign, code)
    sequence.remove(step, timezone.now())
    return f"?removed={step.code}"


def _put_back(campaign: Campaign, code: str, request: HttpRequest) -> str:
    if not sequence.put_back(campaign, _code(code)):
        raise sequence.Refused("That step is not there to be put back any more.")
    return ""


_DEEDS: dict[str, Callable[[Campaign, str, HttpRequest], str]] = {
    "add": _add,
    "preset": _use_preset,
    "variant": _add_variant,
    "remove": _remove,
    "undo": _put_back,
}


def _step(campaign: Campaign, code: str) -> Step:
    return get_object_or_404(campaign.steps, code=_code(code))


def _code(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("No such step.") from None


def _sketch(campaign: Campaign, forms: Sequence[PlaceForm]) -> drafts.Sketch:
    """The campaign with the times that stand in the form, in their order."""
    sends = tuple(sorted((form.send() for form in forms), key=lambda send: send.delay_minutes))
    return replace(drafts.sketch_of(campaign), sends=sends, delay_minutes=sends[0].delay_minutes)


def _preset(campaign: Campaign) -> str:
    """The suggested delays in words; empty where the campaign has them, or sends texts, of which a cart gets one."""
    steps = list(campaign.steps.all())
    channels = sequence.channels_of(steps)
    waterfall = campaign.kind == CampaignKind.WATERFALL
    if not steps or (channels[0] == "sms" and not waterfall):
        return ""
    delays = sequence.preset_of(channels if waterfall else channels[:1])
    if [place.delay_minutes for place in sequence.places(steps)] == list(delays):
        return ""
    return " · ".join(f"{delay // 60} h" for delay in delays)


def _shown(step: Step, share: Any, reader: Reader) -> dict[str, Any]:
    label, icon, _ = OFFERED.get(step.channel, (step.channel, "send", ""))
    return {
        "step": step,
        "share": share,
        "label": label,
        "icon": icon,
        "written": is_written(step),
        "title": reader.title(step),
        "place": wording.channel_in_words(step.channel),
    }
