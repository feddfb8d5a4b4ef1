"""Every address of the site. Apps bring their own; what a store, a shopper or a machine calls is on the short path."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from aiq import health, home, inbox
from campaigns.views import channel_settings
from integrations import why_pages

APPS = ("integrations", "campaigns", "products", "accounts")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("inbox/", inbox.listing, name="inbox"),
    path("inbox/<str:name>/", inbox.mail, name="inbox_mail"),
    path("inbox/<str:name>/answer", inbox.answer, name="inbox_answer"),
    path("inbox/<str:name>/body", inbox.body, name="inbox_body"),
    *(path("", include(f"{app}.urls")) for app in APPS if find_spec(f"{app}.urls")),
    path("admin/campaigns/", include("campaigns.page_urls")),
    path("admin/products/imports/", include("products.imports.urls")),
    path("admin/integrations/", include("integrations.page_urls")),
    path("admin/channels/", channel_settings.channel_settings, name="channel_settings"),
    path("admin/deliveries/", include("campaigns.insight_urls")),
    path("admin/sender/", include("campaigns.sender.urls")),
    path("admin/why/", why_pages.why, name="why"),
    path("admin/shoppers/", include("integrations.privacy.urls")),
    path("admin/home/pulse/", home.pulse_view, name="home_pulse"),
    path("admin/home/live/", home.live_view, name="home_live"),
    path("admin/", admin.site.urls),
    *([path("", include("integrations.demo_pages"))] if settings.DEMO else []),
    path("", RedirectView.as_view(url="/admin/"), name="home"),
]

handler500 = "aiq.errors.server_error"
