from campaigns.models.campaigns import (
    Campaign,
    CampaignLog,
    CampaignStatus,
    CampaignVersion,
    Content,
    NoCode,
    PriceRose,
    SoldOut,
    Step,
)
from campaigns.models.carts import Cart, CartActivity, CartState, Closed, Episode, Order
from campaigns.models.content import MessageTemplate, TemplateVersion
from campaigns.models.decisions import Decision, DecisionKind, Outcome
from campaigns.models.deliveries import Delivery, DeliveryStatus, SentMessage, TrackingEvent, TrackingKind
from campaigns.models.figures import DailyFigure
from campaigns.models.incentives import Discount, DiscountCode, DiscountKind, GivenDiscount
from campaigns.models.shoppers import Audience, Consent, Shopper, ShopperKey, Suppression, SuppressionReason

__all__ = [
    "Audience",
    "Campaign",
    "CampaignLog",
    "CampaignStatus",
    "CampaignVersion",
    "Cart",
    "CartActivity",
    "CartState",
    "Closed",
    "Consent",
    "Content",
    "DailyFigure",
    "Decision",
    "DecisionKind",
    "Delivery",
    "DeliveryStatus",
    "Discount",
    "DiscountCode",
    "DiscountKind",
    "Episode",
    "GivenDiscount",
    "MessageTemplate",
    "NoCode",
    "Order",
    "Outcome",
    "PriceRose",
    "SentMessage",
    "Shopper",
    "ShopperKey",
    "SoldOut",
    "Step",
    "Suppression",
    "SuppressionReason",
    "TemplateVersion",
    "TrackingEvent",
    "TrackingKind",
]
