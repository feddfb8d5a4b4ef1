"""Insights → Deliveries, mounted under the admin's /deliveries/. The Why page is in `integrations.why_pages`."""

from django.urls import path

from campaigns.views import deliveries, delivery

app_name = "insights"

urlpatterns = [
    path("", deliveries.listing, name="deliveries"),
    path("<uuid:code>/", delivery.detail, name="delivery"),
    path("<uuid:code>/message/", delivery.message, name="message"),
    path("<uuid:code>/send-again/", delivery.send_again, name="send_again"),
    path("<uuid:code>/settle/<str:to>/", delivery.settle, name="settle"),
]
