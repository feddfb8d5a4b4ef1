"""What the sample shop sells: Fernwood Tea & Goods, about two hundred products from a few tables, always the same."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

BRAND = "Fernwood"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category: the shape its pictures show, the colour they start from, its prices, and what stands on it
    (names apart by a slash)."""

    category: str
    shape: str
    hue: int
    prices: tuple[int, int]
    names: str
    sizes: tuple[tuple[str, Decimal], ...] = (("", Decimal(1)),)
    brand: str = BRAND


@dataclass(frozen=True, slots=True)
class SampleProduct:
    key: str
    name: str
    brand: str
    category: str
    price: Decimal
    group: str
    picture: str


_TEA = (("50 g", Decimal(1)), ("100 g", Decimal("1.8")))

SHELVES = (
    Shelf(
        "Green tea",
        "pouch",
        110,
        (9, 16),
        "Sencha / Gyokuro / Genmaicha / Hojicha / Dragonwell / Jasmine Pearls / Kukicha / Mao Feng / Bancha / "
        "Gunpowder",
        sizes=_TEA,
    ),
    Shelf(
        "Black tea",
        "tin",
        16,
        (8, 14),
        "Assam Gold / Darjeeling First Flush / Earl Grey / Keemun / Ceylon Orange Pekoe / Lapsang Souchong / "
        "Yunnan Red / Breakfast Blend / Masala Chai / Nilgiri Frost",
        sizes=_TEA,
    ),
    Shelf(
        "Oolong tea",
        "pouch",
        36,
        (12, 20),
        "Iron Goddess / Milk Oolong / Oriental Beauty / Da Hong Pao / Alishan High Mountain / Dong Ding / "
        "Phoenix Honey Orchid / Wenshan Baozhong / Amber Gaba / Rou Gui",
        sizes=_TEA,
    ),
    Shelf(
        "White tea",
        "tin",
        48,
        (12, 19),
        "Silver Needle / White Peony / Moonlight White / Shou Mei / White Peach / Snow Bud / Aged White 2016 / "
        "White Jasmine / Malawi Antlers / White Darjeeling",
        sizes=_TEA,
    ),
    Shelf(
        "Herbal tea",
        "pouch",
        330,
        (7, 12),
        "Chamomile Meadow / Peppermint Leaf / Rooibos Vanilla / Lemon Verbena / Hibiscus Rose / "
        "Ginger & Turmeric / Fennel & Anise / Elderflower / Lavender Evening / Nettle & Mint",
        sizes=_TEA,
    ),
    Shelf(
        "Matcha",
        "bowl",
        95,
        (18, 30),
        "Matcha Ceremonial / Matcha Daily / Matcha Uji / Matcha Latte Mix / Matcha Yame / Matcha Nishio / "
        "Hojicha Powder / Matcha Kagoshima / Matcha Koicha / Matcha Starter",
        sizes=_TEA,
    ),
    Shelf(
        "Teapots",
        "teapot",
        205,
        (38, 64),
        "Kyusu / Round Stoneware Pot / Glass Blossom Pot / Cast Iron Tetsubin / Travel Gaiwan Set / "
        "Blue Glaze Pot / Family Teapot / One-Cup Pot / Porcelain Pot / Yixing Clay Pot",
        brand="Hollow & Kiln",
    ),
    Shelf(
        "Cups",
        "cup",
        22,
        (12, 22),
        "Speckled Mug / Yunomi / Espresso-Size Cup / Double-Wall Glass / Chawan Bowl / Handle Cup, Moss / "
        "Handle Cup, Clay / Tasting Cup Pair / Enamel Mug / Porcelain Cup",
        brand="Hollow & Kiln",
    ),
    Shelf(
        "Kettles",
        "kettle",
        215,
        (48, 79),
        "Gooseneck Kettle / Stovetop Kettle / Electric Kettle / Copper Kettle / Travel Kettle / "
        "Whistling Kettle / Glass Kettle / Enamel Kettle / Pour-Over Kettle / Brass Kettle",
        brand="Northlight",
    ),
    Shelf(
        "Tea tools",
        "infuser",
        180,
        (8, 16),
        "Basket Infuser / Bamboo Whisk / Bamboo Scoop / Leaf Scale / Tea Timer / Whisk Stand / Fine Strainer / "
        "Tea Tray / Paper Filters / Travel Infuser",
        brand="Northlight",
    ),
    Shelf(
        "Honey",
        "jar",
        42,
        (9, 16),
        "Acacia Honey / Linden Honey / Forest Honey / Orange Blossom Honey / Buckwheat Honey / Creamed Honey / "
        "Chestnut Honey / Clover Honey / Heather Honey / Honey & Ginger",
        brand="Alder Bees",
    ),
    Shelf(
        "Biscuits",
        "biscuits",
        32,
        (6, 11),
        "Shortbread / Oat Biscuits / Almond Cantucci / Ginger Snaps / Matcha Cookies / Lemon Thins / "
        "Hazelnut Rounds / Sesame Crisps / Chocolate Digestives / Vanilla Crescents",
        brand="Millstone",
    ),
    Shelf(
        "Candles",
        "candle",
        265,
        (16, 28),
        "Cedar Candle / Fig Leaf Candle / Green Tea Candle / Beeswax Pillar / Rain Candle / Bergamot Candle / "
        "Wood Smoke Candle / Lavender Candle / Vetiver Candle / Plum Candle",
    ),
    Shelf(
        "Linen",
        "cloth",
        150,
        (14, 24),
        "Tea Towel, Fern / Tea Towel, Slate / Table Runner / Napkin Pair / Tea Cosy / Apron, Olive / "
        "Bread Cloth / Furoshiki / Coaster Set / Market Bag",
        brand="Northlight",
    ),
)

# What shoppers like to buy together, so that there is something to be learnt from their orders.
OCCASIONS = (
    "Sencha / Kyusu / Yunomi / Sesame Crisps",
    "Gyokuro / Yunomi / Leaf Scale / Tea Timer / Gooseneck Kettle",
    "Matcha Ceremonial / Chawan Bowl / Bamboo Whisk / Bamboo Scoop / Matcha Cookies",
    "Earl Grey / Shortbread / Lemon Thins / Handle Cup, Moss / Round Stoneware Pot",
    "Assam Gold / Chocolate Digestives / Speckled Mug / Family Teapot / Tea Cosy",
    "Masala Chai / Enamel Mug / Stovetop Kettle / Ginger Snaps",
    "Iron Goddess / Travel Gaiwan Set / Tasting Cup Pair / Tea Tray",
    "Silver Needle / Glass Blossom Pot / Double-Wall Glass / Acacia Honey",
    "Chamomile Meadow / Linden Honey / Lavender Candle / Oat Biscuits",
    "Ginger & Turmeric / Honey & Ginger / Handle Cup, Clay / Basket Infuser",
    "Beeswax Pillar / Table Runner / Napkin Pair / Vanilla Crescents",
)


def occasions() -> list[frozenset[str]]:
    """The groups of products that go together."""
    return [frozenset(_slug(name) for name in names.split(" / ")) for names in OCCASIONS]


def products() -> list[SampleProduct]:
    """Every product, in the order of the shelves. Keys and prices are the same in every run."""
    return [product for shelf in SHELVES for product in _on(shelf)]


def pictures() -> dict[str, tuple[str, int, int]]:
    """Each picture's name with its shape, its hue, and its place on the shelf (which varies the details)."""
    return {
        _slug(name): (shelf.shape, (shelf.hue + 5 * place - 22) % 360, place)
        for shelf in SHELVES
        for place, name in enumerate(shelf.names.split(" / "))
    }


def _on(shelf: Shelf) -> Iterator[SampleProduct]:
    dice = random.Random(shelf.category)  # noqa: S311 - a sample shop's prices are no secret
    for name in shelf.names.split(" / "):
        base = Decimal(dice.randint(*shelf.prices))
        for size, factor in shelf.sizes:
            price = (base * factor).quantize(Decimal(1)) - Decimal("0.05")
            slug = _slug(name)
            yield SampleProduct(
                key=f"{slug}-{size.replace(' ', '')}" if size else slug,
                name=f"{name}, {size}" if size else name,
                brand=shelf.brand,
                category=shelf.category,
                price=price,
                group=slug,
                picture=slug,
            )


def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
