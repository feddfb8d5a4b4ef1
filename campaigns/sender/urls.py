"""Settings → Sender, mounted under the admin's /sender/."""

from django.urls import path

from campaigns.views import sender

app_name = "sender"

urlpatterns = [path("", sender.sender, name="page")]
