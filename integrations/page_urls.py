"""The pages of Integrations, mounted under the admin's /integrations/."""

from django.urls import path

from integrations import pages

app_name = "integrations"

urlpatterns = [
    path("", pages.listing, name="list"),
    path("connect/", pages.choose, name="choose"),
    path("connect/<slug:slug>/", pages.connect, name="connect"),
    path("<uuid:code>/", pages.connection, name="connection"),
    path("<uuid:code>/first-event/", pages.first_event, name="first_event"),
    path("<uuid:code>/rotate/", pages.rotate, name="rotate"),
    path("<uuid:code>/secret/", pages.secret, name="secret"),
    path("<uuid:code>/disconnect/", pages.disconnect, name="disconnect"),
]
