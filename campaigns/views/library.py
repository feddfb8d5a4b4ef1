"""The library of templates: a template's page with its versions, what differs between two, and what can be done to it."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.models import Merchant
from campaigns.drafting import drafts
from campaigns.editing import library
from campaigns.editing.differences import difference
from campaigns.models import MessageTemplate, TemplateVersion
from campaigns.views.scope import asked, page, refuse, signed_in, tell
from campaigns.views.steps import user_of

_EDIT = {True: "campaigns:compose_template", False: "admin:campaigns_messagetemplate_change"}
SEARCHED_FROM = 12
LIST = "admin:campaigns_messagetemplate_changelist"


def on_template(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Hands the view its template instead of a code. 404 alike for unknown and not yours."""

    @wraps(view)
    def scoped(request: HttpRequest, code: UUID, **kwargs: Any) -> HttpResponse:
        templates = MessageTemplate.objects.select_related("merchant", "updated_by")
        mine = access.merchants(request.user, access.BUILD_CAMPAIGNS)
        template = get_object_or_404(templates, code=code, merchant__in=mine)
        access.enter(request, template.merchant)
        return view(request, template, **kwargs)

    return signed_in(scoped)


def gallery(request: HttpRequest, merchant: Merchant) -> dict[str, Any]:
    """The templates that a campaign may begin from, the merchant's own first; those that were searched for, where there are many."""
    offered, wish = drafts.templates(merchant), asked(request, "q").strip()
    found = [each for each in offered if wish.lower() in f"{each.name} {each.description} {each.subject}".lower()]
    return {"found": found, "searchable": len(offered) > SEARCHED_FROM, "wish": wish}


@on_template
@require_GET
def show(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    """The template as it looks, or an earlier version of it."""
    versions = list(template.versions.select_related("created_by"))
    number = asked(request, "version")
    shown = next((version for version in versions if str(version.number) == number), None)
    if number and shown is None and number != str(template.number):
        raise Http404("No such version.")
    return page(
        request,
        "campaigns/library/template.html",
        title=template.name,
        heading="Templates",
        opts=MessageTemplate._meta,
        saved=template,
        versions=versions,
        shown=shown,
        said=shown or template,
        edit_address=reverse(_EDIT[template.blocks is not None], args=[template.code]),
    )


@on_template
@require_GET
def compare(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    """What differs between two versions; by default, what the latest change was."""
    rows: dict[int, MessageTemplate | TemplateVersion] = {
        version.number: version for version in template.versions.all()
    }
    rows[template.number] = template
    newer = _number(asked(request, "to"), rows, template.number)
    older = _number(asked(request, "from"), rows, max((number for number in rows if number < newer), default=newer))
    return page(
        request,
        "campaigns/library/compare.html",
        title=template.name,
        heading="Templates",
        opts=MessageTemplate._meta,
        saved=template,
        numbers=sorted(rows, reverse=True),
        older=older,
        newer=newer,
        changes=difference(library.wording_of(rows[older]), library.wording_of(rows[newer])),
    )


@signed_in
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """A template of the merchant's own, begun from a starter."""
    merchant = access.current_merchant_or_404(request, access.BUILD_CAMPAIGNS)
    chosen = drafts.template(merchant, request.POST.get("starter", ""))
    if chosen is None or not chosen.starter:
        raise Http404("No such starter.")
    made = library.keep(merchant, chosen.name, chosen.wording, user_of(request))
    tell(request, f"“{made.name}” is yours now: change it as you like.")
    return redirect("campaigns:template", made.code)


@on_template
@require_POST
def duplicate(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    copy = library.duplicate(template, user_of(request))
    tell(request, f"This is “{copy.name}”. Rename it, and change it as you like.")
    return redirect("campaigns:template", copy.code)


@on_template
@require_POST
def bring_back(request: HttpRequest, template: MessageTemplate, number: int) -> HttpResponse:
    version = get_object_or_404(template.versions.select_related("template"), number=number)
    if library.bring_back(version, user_of(request)):
        tell(request, f"Version {number} is back. What it replaced is kept as a version too.")
    else:
        refuse(request, f"The template says the same as version {number} already.")
    return redirect("campaigns:template", template.code)


@on_template
@require_POST
def archive(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    library.archive(template)
    tell(
        request, f"“{template.name}” is archived: it is not offered any more. Campaigns that began from it keep theirs."
    )
    return redirect(LIST)


@on_template
@require_POST
def unarchive(request: HttpRequest, template: MessageTemplate) -> HttpResponse:
    library.unarchive(template)
    tell(request, f"“{template.name}” is offered again.")
    return redirect("campaigns:template", template.code)


def _number(asked_for: str, rows: dict[int, Any], default: int) -> int:
    number = int(asked_for) if asked_for.isascii() and asked_for.isdigit() else default
    if number not in rows:
        raise Http404("No such version.")
    return number
