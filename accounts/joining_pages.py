"""The page of an invitation: who has an account answers it signed in, everybody else makes theirs."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import access, joining
from accounts.forms import JoinForm
from accounts.models import Invitation, User


@never_cache
@sensitive_post_parameters("password")
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    asked = joining.find(token, now)
    if asked is None:
        return _over(request)
    if request.POST.get("answer") == "no":
        joining.decline(asked, now)
        return _page(request, "declined", asked)
    try:
        return _answered(request, asked)
    except joining.NoLongerOpen:
        return _over(request)


def _answered(request: HttpRequest, asked: Invitation) -> HttpResponse:
    account = joining.account_of(asked)
    if request.user.is_authenticated and request.user != account:
        return _page(request, "of_another", asked)
    if account is None:
        return _made(request, asked)
    if not request.user.is_authenticated:
        return _page(request, "signed_out", asked)
    if request.method != "POST":
        return _page(request, "asked", asked)
    joining.join(asked, account)
    return _welcomed(request, asked)


def _made(request: HttpRequest, asked: Invitation) -> HttpResponse:
    """A new account with its password, signed in."""
    form = JoinForm(asked, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, "new", asked, form=form)
    user: User = joining.join_anew(asked, **form.cleaned_data)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return _welcomed(request, asked)


def _welcomed(request: HttpRequest, asked: Invitation) -> HttpResponse:
    access.enter(request, asked.merchant)
    messages.success(request, f"You now work with {asked.merchant.name}.")
    return redirect("admin:index")


def _over(request: HttpRequest) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": "This invitation no longer works"}
    return render(request, "accounts/invitation_over.html", context, status=404)


def _page(request: HttpRequest, state: str, asked: Invitation, **context: Any) -> HttpResponse:
    context |= {"state": state, "invitation": asked, "title": f"Join {asked.merchant.name}"}
    return render(request, "accounts/invitation.html", admin.site.each_context(request) | context)
