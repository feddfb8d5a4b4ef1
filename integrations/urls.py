"""Addresses of the doors: an id may hold any character, line ends too. Connect pages are in `integrations.page_urls`."""

from django.urls import path, re_path

from integrations import api, openapi, views

urlpatterns = [
    path("v2/cart", api.cart, name="v2_cart"),
    path("v2/orders", api.orders, name="v2_orders"),
    path("v2/contacts", api.contacts, name="v2_contacts"),
    path("v2/products", api.products, name="v2_products"),
    re_path(r"^v2/events/(?P<event_id>(?s:.+))\Z", api.events, name="v2_event"),
    path("v2/schema/", openapi.schema, name="v2_schema"),
    path("v2/docs/", openapi.docs, name="v2_docs"),
    re_path(r"^v2/(?P<path>(?s:.*))\Z", api.nothing_here),
    path("webhooks/<uuid:code>/", views.webhook, name="webhook"),
    re_path(r"^webhooks/(?P<path>(?s:.*))\Z", api.nothing_here),
]
