"""A merchant's look, as it is put into messages when they are compiled."""

from accounts.models import Font, Merchant
from accounts.social import NETWORKS
from campaigns.templating.elements import DEFAULT_FONT, Brand

# The first one that a device has: mail clients fetch no fonts.
FONTS = {
    Font.SYSTEM: DEFAULT_FONT,
    Font.ARIAL: "Arial, Helvetica, sans-serif",
    Font.GEORGIA: "Georgia, 'Times New Roman', serif",
    Font.VERDANA: "Verdana, Geneva, sans-serif",
    Font.TREBUCHET: "'Trebuchet MS', Tahoma, sans-serif",
    Font.COURIER: "'Courier New', Courier, monospace",
}


def brand_of(merchant: Merchant) -> Brand:
    links = {str(name): str(address) for name, address in merchant.social_links.items()}
    social = tuple((label, links[name]) for name, label in NETWORKS.items() if name in links)
    return Brand(FONTS.get(Font(merchant.font), DEFAULT_FONT), social)
