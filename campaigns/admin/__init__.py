"""Shoppers, audiences, templates and deliveries in the admin. Campaigns have pages of their own (`campaigns.views`)."""

from campaigns.admin.audiences import AudienceAdmin
from campaigns.admin.deliveries import DeliveryAdmin
from campaigns.admin.shoppers import ShopperAdmin
from campaigns.admin.templates import TemplateAdmin

__all__ = ["AudienceAdmin", "DeliveryAdmin", "ShopperAdmin", "TemplateAdmin"]
