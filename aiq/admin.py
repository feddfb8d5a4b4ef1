"""Takes out of the admin what is not for people: groups follow from memberships (`accounts.access`)."""

import django.contrib.auth.admin  # noqa: F401 - registers Group, before it is taken out
from django.contrib import admin
from django.contrib.auth.models import Group

admin.site.unregister(Group)
