"""The pages of Imports, mounted under the admin's /products/imports/."""

from django.urls import path

from products.imports import pages

app_name = "imports"

urlpatterns = [
    path("", pages.listing, name="list"),
    path("add/", pages.add, name="add"),
    path("<uuid:code>/", pages.source, name="source"),
    path("<uuid:code>/run/", pages.run_now, name="run_now"),
    path("<uuid:code>/change/", pages.change, name="change"),
    path("<uuid:code>/remove/", pages.remove, name="remove"),
    path("runs/<uuid:code>/", pages.run_page, name="run"),
    path("runs/<uuid:code>/progress/", pages.progress, name="progress"),
    path("runs/<uuid:code>/report.csv", pages.report, name="report"),
]
