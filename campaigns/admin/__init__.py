"""Shoppers, audiences, discounts and templates in the admin. Campaigns and deliveries have pages of their own (`campaigns.views`)."""

from campaigns.admin.audiences import AudienceAdmin
from campaigns.admin.discounts import DiscountAdmin
from campaigns.admin.shoppers import ShopperAdmin
from campaigns.admin.templates import TemplateAdmin

__all__ = ["AudienceAdmin", "DiscountAdmin", "ShopperAdmin", "TemplateAdmin"]
