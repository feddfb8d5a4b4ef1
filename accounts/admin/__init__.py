"""Settings: the merchant, its stores, its team and whom it invited; and people, for superusers."""

from accounts.admin.invitations import InvitationAdmin
from accounts.admin.people import TeamAdmin, UserAdmin
from accounts.admin.settings import MerchantAdmin, StoreAdmin

__all__ = ["InvitationAdmin", "MerchantAdmin", "StoreAdmin", "TeamAdmin", "UserAdmin"]
