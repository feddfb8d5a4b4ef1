"""What shoppers call. The pages of staff are in `page_urls`."""

from django.urls import path

from campaigns.views import callbacks, preferences, public

urlpatterns = [
    path("u/confirm/<str:token>", preferences.confirm, name="confirm"),
    path("u/<str:token>", preferences.preferences, name="preferences"),
    path("c/<str:token>", public.click, name="click"),
    path("i/<str:token>", public.short, name="short"),
    path("anymail/<path:rest>", callbacks.mail_report),
    path("callbacks/sms/<uuid:code>/", callbacks.report, name="sms_report"),
    path("callbacks/sms/<uuid:code>/inbound", callbacks.answer, name="sms_inbound"),
    path("n/<str:token>", public.shown, name="shown"),
    path("g/<str:token>", public.gift, name="gift"),
    path("o/<str:token>.gif", public.open_pixel, name="open_pixel"),
]
