"""The pages of Imports: see what is read and how it went, add a source, run it, watch it, take it away.

Who builds campaigns may look, since stock decides what their messages show; who manages the merchant's settings changes.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.models import User
from accounts.pages import View, page, signed_in, tell
from products.imports import asking, sources, telling
from products.imports.forms import AddForm, ChangeForm, FileForm
from products.models import FeedImport, ImportRun

LOOK, CHANGE = access.BUILD_CAMPAIGNS, access.MANAGE_SETTINGS
Decorator = Callable[[View], View]


def on_import(permission: str) -> Decorator:
    """Hands the view its import instead of a code. 404 alike for unknown and not yours."""

    def decorate(view: View) -> View:
        @wraps(view)
        def scoped(request: HttpRequest, code: UUID, **kwargs: Any) -> HttpResponseBase:
            mine = access.merchants(request.user, permission)
            feeds = FeedImport.objects.select_related("merchant", "store")
            feed = get_object_or_404(feeds, code=code, merchant__in=mine)
            access.enter(request, feed.merchant)
            return view(request, feed, **kwargs)

        return signed_in(scoped)

    return decorate


def on_run(view: View) -> View:
    """Hands the view its run instead of a code. 404 alike for unknown and not yours."""

    @wraps(view)
    def scoped(request: HttpRequest, code: UUID, **kwargs: Any) -> HttpResponseBase:
        mine = access.merchants(request.user, LOOK)
        runs = ImportRun.objects.select_related("feed_import__merchant", "feed_import__store", "started_by")
        run = get_object_or_404(runs, code=code, feed_import__merchant__in=mine)
        access.enter(request, run.feed_import.merchant)
        return view(request, run, **kwargs)

    return signed_in(scoped)


@signed_in
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Every import with what came of its last run."""
    merchant = access.current_merchant_or_404(request, LOOK)
    return page(
        request,
        "products/imports/list.html",
        title="Imports",
        lines=telling.lines(merchant),
        may_change=access.can(request.user, CHANGE, merchant),
    )


@signed_in
def add(request: HttpRequest) -> HttpResponse:
    """A new import; then to its first run."""
    merchant = access.current_merchant_or_404(request, CHANGE)
    form = AddForm(merchant, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        run = sources.add(merchant, form.wish(), _user(request), form.chunks())
        return redirect("imports:run", run.code)
    has_store = merchant.stores.exists()
    return page(request, "products/imports/add.html", title="Add an import", form=form, has_store=has_store)


@on_import(LOOK)
@require_GET
def source(request: HttpRequest, feed: FeedImport) -> HttpResponse:
    """One import: where it reads, and every run it had."""
    return _source(request, feed, FileForm())


@on_import(CHANGE)
@require_POST
def run_now(request: HttpRequest, feed: FeedImport) -> HttpResponse:
    """Read the address, or the file that comes with the call."""
    if feed.url:
        run, _ = asking.ask(feed, _user(request))
        return redirect("imports:run", run.code)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _source(request, feed, form)
    run, new = asking.ask(feed, _user(request), form.chunks())
    if not new:
        tell(request, "A file is being read already. Upload the next one when that is done.")
    return redirect("imports:run", run.code)


@on_import(CHANGE)
def change(request: HttpRequest, feed: FeedImport) -> HttpResponse:
    """Name, address, pace and format."""
    form = ChangeForm(feed, request.POST or None)
    if request.method == "POST" and form.is_valid():
        sources.change(feed, form.wish())
        tell(request, "Saved.")
        return redirect("imports:source", feed.code)
    return page(request, "products/imports/change.html", title=f"Change {feed.name}", form=form, feed=feed)


@on_import(CHANGE)
def remove(request: HttpRequest, feed: FeedImport) -> HttpResponse:
    """Asks first, and names what will happen."""
    if request.method == "POST":
        sources.remove(feed)
        tell(request, f"{feed.name} is removed.")
        return redirect("imports:list")
    return page(request, "products/imports/remove.html", title=f"Remove {feed.name}", feed=feed)


@on_run
@require_GET
def run_page(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """One run: how far it is or what came of it, and what was wrong."""
    problems = run.report[: telling.SHOWN_PROBLEMS]
    return page(
        request,
        "products/imports/run.html",
        title=run.feed_import.name,
        problems=problems,
        more=len(run.report) - len(problems),
        unlisted=telling.unlisted(run),
        may_change=access.can(request.user, CHANGE, run.feed_import.merchant),
        **_about(run),
    )


@on_run
@require_GET
def progress(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """A piece of the page that asks again until the run has ended, and then has the page drawn anew."""
    answer = render(request, "products/imports/progress.html", _about(run))
    if not run.is_open:
        answer.headers["HX-Refresh"] = "true"
    return answer


@on_run
@require_GET
def report(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """What was wrong, as a file."""
    if not run.report:
        raise Http404("Nothing was wrong.")
    answer = HttpResponse(telling.report_csv(run), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="import-{run.created_at:%Y-%m-%d-%H%M}.csv"'
    return answer


def _source(request: HttpRequest, feed: FeedImport, form: FileForm) -> HttpResponse:
    runs = feed.runs.select_related("started_by").defer("report")
    return page(
        request,
        "products/imports/source.html",
        title=feed.name,
        feed=feed,
        pace=telling.pace_of(feed),
        runs=list(runs),
        form=form,
        may_change=access.can(request.user, CHANGE, feed.merchant),
    )


def _about(run: ImportRun) -> dict[str, Any]:
    return {
        "run": run,
        "percent": telling.percent(run),
        "seconds": telling.seconds(run, timezone.now()),
    }


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
