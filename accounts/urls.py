"""Addresses of accounts. The names of the password pages are those that Django and unfold look for."""

from django.urls import path

from accounts import joining_pages, views

urlpatterns = [
    path("", views.front, name="front"),
    path("welcome/", views.welcome, name="welcome"),
    path("merchants/<slug:slug>/switch/", views.switch, name="switch_merchant"),
    path("invitation/<str:token>/", joining_pages.invitation, name="invitation"),
    path("password/", views.PasswordReset.as_view(), name="admin_password_reset"),
    path("password/sent/", views.PasswordResetDone.as_view(), name="password_reset_done"),
    path("password/<uidb64>/<token>/", views.PasswordResetConfirm.as_view(), name="password_reset_confirm"),
]
