"""Addresses of the doors: an id may hold any character, line ends too. Connect pages are in `integrations.page_urls`."""

from django.urls import path, re_path

from integrations import api, openapi, push_pages, views

urlpatterns = [
    path("v2/cart", api.cart, name="v2_cart"),
    path("v2/orders", api.orders, name="v2_orders"),
    path("v2/contacts", api.contacts, name="v2_contacts"),
    path("v2/products", api.products, name="v2_products"),
    path("v2/push/tokens", api.push_tokens, name="v2_push_tokens"),
    re_path(r"^v2/events/(?P<event_id>(?s:.+))\Z", api.events, name="v2_event"),
    path("v2/schema/", openapi.schema, name="v2_schema"),
    path("v2/docs/", openapi.docs, name="v2_docs"),
    re_path(r"^v2/(?P<path>(?s:.*))\Z", api.nothing_here),
    path("push/<uuid:code>/subscriptions", push_pages.subscriptions, name="push_subscriptions"),
    path("push/<uuid:code>/aiq-push.js", push_pages.page_script, name="push_script"),
    path("push/sw.js", push_pages.worker_script, name="push_worker"),
    path("webhooks/<uuid:code>/", views.webhook, name="webhook"),
    re_path(r"^webhooks/(?P<path>(?s:.*))\Z", api.nothing_here),
]
