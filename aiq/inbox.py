"""`/inbox/`: the mail and the texts that were caught.

Open to everybody only in the demo or under DEBUG, and only on loopback; elsewhere whoever is signed in sees the mail
of their own merchants and what was written to themselves (set-password links are caught here too), a superuser all.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import access
from accounts.models import User
from aiq import mailbox, phone
from aiq.checks import LOOPBACK
from campaigns.models import Delivery

SHOWN = 100
PARTS = ("message", "text", "headers")
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https: http:; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src http: https: data:; "
    "style-src 'unsafe-inline' http: https:; font-src http: https: data:; form-action 'none'; frame-ancestors 'self'"
)

View = Callable[..., HttpResponseBase]


def _guarded(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        if not is_open(request) and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded


def is_open(request: HttpRequest) -> bool:
    """Demo or DEBUG, asked for from this machine, at an address of this machine, through no proxy."""
    hosts = {urlsplit(settings.PUBLIC_URL).hostname, urlsplit(f"//{request.get_host()}").hostname}
    proxied = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    from_here = request.META.get("REMOTE_ADDR", "").startswith("127.") or request.META.get("REMOTE_ADDR") == "::1"
    return (settings.DEMO or settings.DEBUG) and from_here and not proxied and hosts <= LOOPBACK


@_guarded
def listing(request: HttpRequest) -> HttpResponse:
    """Newest first; `q` is part of an address or subject."""
    return render(request, "inbox/page.html", _context(request))


@_guarded
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail beside the list; `part` is message, text or headers."""
    found, path = _mail_or_404(request, name)
    why = f"{reverse('why')}?q={found.delivery}" if found.delivery and _may_ask_why(request) else ""
    if found.kind != "mail":
        thread = phone.thread(settings.CATCHER_DIR, found)
        shown = {"mail": found, "why": why, "thread": thread, "may_answer": phone.may_answer(found)}
        return render(request, "inbox/page.html", _context(request) | shown)
    parts = mailbox.read(path)
    wanted = request.GET.get("part", "")
    part = wanted if wanted in PARTS else ("message" if parts.html else "text")
    return render(
        request, "inbox/page.html", _context(request) | {"mail": found, "parts": parts, "part": part, "why": why}
    )


@_guarded
@require_POST
def answer(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a caught text as its shopper would."""
    found, _ = _mail_or_404(request, name)
    phone.answer(settings.CATCHER_DIR, found, request.POST.get("text", "")[:500], timezone.now())
    return redirect("inbox_mail", name)


@_guarded
def body(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail for the frame, where it can run nothing and belongs to no site."""
    found, path = _mail_or_404(request, name)
    if found.kind != "mail":
        raise Http404("No such mail.")
    return HttpResponse(mailbox.read(path).html, headers={"Content-Security-Policy": MAIL_POLICY})


def _context(request: HttpRequest) -> dict[str, object]:
    query = request.GET.get("q", "").strip()
    visible, needle = _visible(request), query.casefold()
    mails = mailbox.newest(
        settings.CATCHER_DIR,
        lambda mail: (
            not mail.fields.get("mine") and needle in f"{mail.recipient} {mail.subject}".casefold() and visible(mail)
        ),
        SHOWN,
    )
    return {"mails": mails, "query": query, "shown": SHOWN, "catching": not settings.EMAIL_URL}


def _may_ask_why(request: HttpRequest) -> bool:
    """Whoever is not signed in is asked to first; to a manager the page would be a dead end."""
    user = request.user
    return not user.is_authenticated or access.merchants(user, access.SEE_REPORTS).exists()


def _mail_or_404(request: HttpRequest, name: str) -> tuple[mailbox.Summary, Path]:
    path = mailbox.find(settings.CATCHER_DIR, name)
    found = mailbox.summary(path) if path else None
    if not path or not found or not _visible(request)(found):
        raise Http404("No such mail.")
    return found, path


def _visible(request: HttpRequest) -> Callable[[mailbox.Summary], bool]:
    """Which mails this person may see."""
    if is_open(request) or cast(User, request.user).is_superuser:
        return lambda mail: True
    user = cast(User, request.user)
    merchants = access.merchants(user, access.SEE_REPORTS)

    def theirs(mail: mailbox.Summary) -> bool:
        if not mail.delivery:
            return user.email in mail.recipient.casefold()
        try:
            return Delivery.objects.filter(code=mail.delivery, merchant__in=merchants).exists()
        except ValidationError:
            return False

    return theirs
