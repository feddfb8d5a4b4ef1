"""Pages outside the admin's models: the front door, the first owner, the merchant switch, passwords."""

from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import access
from accounts.forms import PasswordResetForm, SetPasswordForm, WelcomeForm
from accounts.invitations import AlreadyFounded, found
from accounts.models import User

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@never_cache
def front(request: HttpRequest) -> HttpResponse:
    """`/`: the admin, or the page for the first owner while nobody has an account."""
    return redirect("admin:index" if User.objects.exists() else "welcome")


@never_cache
@sensitive_post_parameters("password")
def welcome(request: HttpRequest) -> HttpResponse:
    """Creates the first merchant and its owner and signs them in; afterwards this page is only a redirect.

    On a public address whoever comes first might be a stranger: there the page says which commands make the owner.
    """
    if User.objects.exists():
        return redirect("admin:index")
    if settings.PUBLIC_HOST not in LOOPBACK:
        return render(request, "accounts/welcome_closed.html", _frame(request) | {"title": "Welcome"}, status=403)
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _, owner = found(**form.cleaned_data)
        except AlreadyFounded:
            return redirect("admin:index")
        login(request, owner, backend="django.contrib.auth.backends.ModelBackend")
        return redirect("admin:index")
    return render(request, "accounts/welcome.html", _frame(request) | {"form": form, "title": "Welcome"})


@require_POST
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Turn to another merchant of this person and begin at its Home."""
    merchant = access.merchants(request.user).filter(slug=slug).first()
    if merchant is None:
        raise Http404("No such merchant.")
    access.enter(request, merchant)
    return redirect("admin:index")


class PasswordReset(auth_views.PasswordResetView):
    template_name = "accounts/password_reset.html"
    form_class = PasswordResetForm
    success_url = reverse_lazy("password_reset_done")
    title = "Set a new password"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return _frame(self.request) | super().get_context_data(**kwargs)


class PasswordResetDone(auth_views.PasswordResetDoneView):
    template_name = "accounts/password_reset_done.html"
    title = "Look in your inbox"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return _frame(self.request) | super().get_context_data(**kwargs)


class PasswordResetConfirm(auth_views.PasswordResetConfirmView):
    """Sets the password and signs the person in. Its address names them by their code, where Django's own has the primary key."""

    template_name = "accounts/password_reset_confirm.html"
    form_class = SetPasswordForm
    post_reset_login = True
    post_reset_login_backend = "django.contrib.auth.backends.ModelBackend"
    success_url = reverse_lazy("admin:index")
    title = "Choose your password"

    def get_user(self, uidb64: str) -> User | None:
        """The person of a code; None for what is no code: the page then says that the link no longer works."""
        try:
            code = UUID(uidb64)
        except ValueError:
            return None
        return User.objects.filter(code=code, is_active=True).first()

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        return _frame(self.request) | super().get_context_data(**kwargs)


def _frame(request: HttpRequest) -> dict[str, object]:
    """What unfold's layout for people who are not signed in wants to know."""
    return admin.site.each_context(request)
