"""Addresses of the doors. Those of the connect pages come from `integrations.pages`."""

from django.urls import path, re_path

from integrations import api, openapi, views

urlpatterns = [
    path("v2/cart", api.cart, name="v2_cart"),
    path("v2/orders", api.orders, name="v2_orders"),
    path("v2/contacts", api.contacts, name="v2_contacts"),
    path("v2/products", api.products, name="v2_products"),
    path("v2/events/<path:event_id>", api.events, name="v2_event"),
    path("v2/schema/", openapi.schema, name="v2_schema"),
    path("v2/docs/", openapi.docs, name="v2_docs"),
    re_path(r"^v2/(?P<path>.*)$", api.nothing_here),
    path("webhooks/<uuid:code>/", views.webhook, name="webhook"),
    re_path(r"^webhooks/(?P<path>.*)$", api.nothing_here),
]
