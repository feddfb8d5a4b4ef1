"""What a shopper's page leads to, mounted under the admin's /shoppers/."""

from django.urls import path

from integrations.privacy import pages

app_name = "privacy"

urlpatterns = [
    path("<uuid:code>/export/", pages.export_shopper, name="export"),
    path("<uuid:code>/erase/", pages.erase_shopper, name="erase"),
]
