"""The Product Feed of the source editor: which kinds can be used, and one of them drawn with a past cart before it is inserted."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts import access, plans
from campaigns.drafting import review
from campaigns.editing import preview_data, previewing
from campaigns.feeds import Kind, Policy, kinds
from campaigns.feeds.kinds import ABANDONED, kind
from campaigns.models import Campaign, Step
from campaigns.templating import feeding
from campaigns.templating.compiling import Source
from campaigns.views.scope import on_campaign
from campaigns.views.steps import on_step

_ALONE = """<mjml><mj-head><aiq-styles /></mj-head><mj-body background-color="#ffffff" css-class="card">
{}
<mj-raw><a href="{{{{ unsubscribe_url }}}}" style="display:none">Unsubscribe</a></mj-raw></mj-body></mjml>"""


def offered(campaign: Campaign) -> list[tuple[Kind, str]]:
    """Every kind with the reason why it cannot be used, in a sentence; empty: it can."""
    dynamic = is_dynamic(campaign)
    return [(one, one.why_not(campaign.merchant.plan, dynamic=dynamic)) for one in kinds()]


def is_dynamic(campaign: Campaign) -> bool:
    """Whether a store of the campaign sends the products of a cart."""
    return review.has_dynamic_store(campaign.merchant, [store.pk for store in campaign.stores.all()])


def why_not_cart(campaign: Campaign) -> str:
    """Why the products of the cart cannot be shown; empty: they can."""
    return next(reason for one, reason in offered(campaign) if one.slug == ABANDONED)


@on_campaign(access.BUILD_CAMPAIGNS)
@require_POST
@on_step
def draw(request: HttpRequest, campaign: Campaign, step: Step) -> HttpResponse:
    """The element as it is written in the source, and how it looks with the chosen cart. Saves nothing."""
    chosen = {name: request.POST.get(f"feed_{name}", "")[:200] for name in feeding.ATTRIBUTES}
    for name in feeding.SWITCHES:
        chosen[name] = "" if chosen[name] else "no"
    written = feeding.written({name: value for name, value in chosen.items() if value})
    shows = plans.includes(campaign.merchant.plan, plans.DYNAMIC_CONTENT)
    source = Source("Product feed", "", _ALONE.format(written), feed=shows, dynamic=shows)
    cart = preview_data.past_cart(campaign.merchant, request.POST.get("cart", ""))
    policy = Policy(step.sold_out, step.price_rose)
    context = preview_data.preview_context(campaign.merchant, cart, feed=shows, body=written, policy=policy)
    found = kind(chosen["kind"])
    items = context["items"] if chosen["kind"] == ABANDONED else context.get("feeds", {}).get(chosen["kind"], [])
    answer = {"written": written, "preview": previewing.preview(source, context), "empty": not items, "kind": found}
    return render(request, "campaigns/wizard/feed_preview.html", answer)
