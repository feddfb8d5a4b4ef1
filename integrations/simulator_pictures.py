"""Pictures of the sample shop's products, drawn by ourselves: a soft background, a shadow, one simple shape.

Deterministic: the same name gives the same picture. Drawn twice as large as kept, so that edges are smooth.
"""

import colorsys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from integrations import simulator_catalog

SIZE = 480
FULL = 2 * SIZE

Color = tuple[int, int, int]


def write_all(folder: Path) -> None:
    """Draw every picture that is not there yet, and the shop's logo."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (shape, hue, place) in simulator_catalog.pictures().items():
        path = folder / f"{name}.jpg"
        if not path.exists():
            picture(shape, hue, place).save(path, quality=88)
    if not (folder / "logo.png").exists():
        logo("Fernwood").save(folder / "logo.png")


def picture(shape: str, hue: int, place: int) -> Image.Image:
    """One product on its background; `place` (0 to 9) varies the details."""
    canvas = _background(hue)
    canvas.paste(tone(hue, 0.30, 0.62), (0, 0), _shadow(shape))
    SHAPES[shape](Brush(ImageDraw.Draw(canvas), hue, place))
    return canvas.reduce(2)


def logo(text: str) -> Image.Image:
    """A leaf and the name, on nothing, about 320 pixels wide when shown."""
    green = tone(150, 0.45, 0.32)
    image = Image.new("RGBA", (640, 160), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    _leaf(draw, (80, 80), 62, green)
    draw.text((160, 80), text, font=ImageFont.load_default(92), fill=green, anchor="lm")
    return image.reduce(2)


def tone(hue: float, saturation: float, lightness: float) -> Color:
    """A colour by hue in degrees, saturation and lightness from 0 to 1."""
    red, green, blue = colorsys.hls_to_rgb((hue % 360) / 360, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


class Brush:
    """Draws in a square of 100 by 100 units, in a family of colours around one hue."""

    def __init__(self, draw: ImageDraw.ImageDraw, hue: int, place: int) -> None:
        self.draw, self.hue, self.place = draw, hue, place
        self.main = tone(hue, 0.38, 0.46)
        self.dark = tone(hue, 0.42, 0.33)
        self.light = tone(hue, 0.42, 0.66)
        self.pale = tone(hue + 18, 0.35, 0.93)
        self.accent = tone(hue + 165, 0.45, 0.55)
        self.wood = tone(30, 0.38, 0.58)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Color, radius: float = 0) -> None:
        self.draw.rounded_rectangle(self._at(left, top, right, bottom), radius * FULL / 100, fill)

    def oval(self, left: float, top: float, right: float, bottom: float, fill: Color) -> None:
        self.draw.ellipse(self._at(left, top, right, bottom), fill)

    def shape(self, *points: tuple[float, float], fill: Color) -> None:
        self.draw.polygon([(x * FULL / 100, y * FULL / 100) for x, y in points], fill)

    def line(self, *points: tuple[float, float], fill: Color, width: float) -> None:
        scaled = [(x * FULL / 100, y * FULL / 100) for x, y in points]
        self.draw.line(scaled, fill, round(width * FULL / 100), joint="curve")
        for x, y in (scaled[0], scaled[-1]):
            reach = width * FULL / 200
            self.draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill)

    def arc(self, left: float, top: float, right: float, bottom: float, turn: tuple[int, int], width: float) -> None:
        self.draw.arc(self._at(left, top, right, bottom), *turn, self.dark, round(width * FULL / 100))

    def half(self, left: float, top: float, right: float, bottom: float, turn: tuple[int, int], fill: Color) -> None:
        self.draw.pieslice(self._at(left, top, right, bottom), *turn, fill)

    def leaf(self, x: float, y: float, reach: float, fill: Color) -> None:
        _leaf(self.draw, (x * FULL / 100, y * FULL / 100), reach * FULL / 100, fill)

    def _at(self, *units: float) -> tuple[float, float, float, float]:
        left, top, right, bottom = (unit * FULL / 100 for unit in units)
        return left, top, right, bottom


def _leaf(draw: ImageDraw.ImageDraw, center: tuple[float, float], reach: float, fill: Color) -> None:
    """Two quarter circles that meet in two points, with a vein."""
    x, y = center
    steps = [n / 24 for n in range(25)]
    upper = [(x - reach + 2 * reach * t, y + reach * (1 - 2 * t) - reach * 1.1 * 4 * t * (1 - t) * 0.6) for t in steps]
    lower = [(x + reach - 2 * reach * t, y - reach * (1 - 2 * t) + reach * 1.1 * 4 * t * (1 - t) * 0.6) for t in steps]
    draw.polygon(upper + lower, fill)
    vein = tuple(min(255, channel + 70) for channel in fill)
    draw.line((x - reach * 1.15, y + reach * 1.15, x + reach * 0.6, y - reach * 0.6), vein, max(2, round(reach / 14)))


def _background(hue: int) -> Image.Image:
    ramp = Image.linear_gradient("L").resize((1, 256))
    sky = ImageOps.colorize(ramp, tone(hue, 0.45, 0.95), tone(hue + 14, 0.38, 0.83)).resize((FULL, FULL))
    sky.paste(tone(hue + 14, 0.32, 0.79), (0, FULL - FULL // 4, FULL, FULL))
    return sky


@lru_cache(maxsize=16)
def _shadow(shape: str) -> Image.Image:
    """A soft pool of shadow under the shape, blurred small and then enlarged, which costs a hundredth."""
    small = Image.new("L", (120, 120), 0)
    half = WIDTHS[shape] * 1.2 / 2
    ImageDraw.Draw(small).ellipse((60 - half, 92, 60 + half, 102), 150)
    return small.filter(ImageFilter.GaussianBlur(4)).resize((FULL, FULL), Image.Resampling.BICUBIC)


def pouch(b: Brush) -> None:
    b.shape((30, 24), (70, 24), (74, 80), (26, 80), fill=b.main)
    b.box(26, 76, 74, 82, b.dark, 3)
    b.box(29.4, 20, 70.6, 27, b.dark, 1.5)
    b.box(34, 38, 66, 68, b.pale, 3)
    b.leaf(50, 50, 7.5, b.main)
    b.box(40, 61, 60, 62.6, b.dark, 0.8)
    if b.place % 2:
        b.oval(59, 33, 70, 44, b.accent)


def tin(b: Brush) -> None:
    b.box(30, 32, 70, 82, b.main, 5)
    b.box(28, 21, 72, 34, b.dark, 3.5)
    b.box(43, 16.5, 57, 22, b.dark, 2.5)
    b.box(30, 46, 70, 69, b.pale)
    b.leaf(50, 55, 6.5, b.dark)
    b.box(42, 64, 58, 65.4, b.main, 0.7)
    b.box(33, 35, 36, 81, b.light, 1.5)


def bowl(b: Brush) -> None:
    b.oval(22, 40, 78, 56, b.dark)
    b.half(22, 14, 78, 82, (0, 180), b.main)
    b.oval(22, 40, 78, 56, b.light)
    b.oval(25, 42, 75, 54.5, tone(92, 0.48, 0.50 + b.place / 60))
    b.box(40, 78, 60, 83, b.dark, 1.5)
    b.line((66, 45), (82, 20), fill=b.wood, width=5.5)
    b.line((66, 45), (70, 38.5), fill=b.pale, width=6.5)


def teapot(b: Brush) -> None:
    b.arc(66, 40, 92, 70, (250, 110), 4.5)
    b.shape((34, 50), (14, 40), (11, 45), (31, 68), fill=b.main)
    b.oval(26, 36, 76, 82, b.main)
    b.oval(33, 33, 69, 45, b.dark)
    b.oval(46.5, 26, 55.5, 35, b.dark)
    b.box(36, 78, 66, 82.5, b.dark, 2)
    b.oval(33, 46, 43, 60, b.light)
    if b.place % 2:
        b.leaf(56, 60, 7, b.pale)


def cup(b: Brush) -> None:
    b.arc(62, 46, 82, 68, (270, 90), 4)
    b.shape((28, 42), (72, 42), (65, 80), (35, 80), fill=b.main)
    b.box(34, 76, 66, 82, b.dark, 3)
    b.oval(28, 37, 72, 47, b.light)
    b.oval(31, 39, 69, 45.8, tone(28 + b.place * 6, 0.55, 0.42))
    for x in (42, 50, 58):
        b.line((x, 32), (x - 2, 27), (x + 2, 22), (x, 17), fill=b.pale, width=1.6)
    if b.place % 2:
        b.box(31.4, 57, 68.6, 63, b.pale)


def kettle(b: Brush) -> None:
    b.line((34, 68), (22, 60), (20, 44), (13, 37), fill=b.dark, width=4)
    b.arc(40, 16, 78, 66, (190, 350), 4.5)
    b.shape((36, 42), (70, 42), (78, 80), (28, 80), fill=b.main)
    b.box(28, 77, 78, 82, b.dark, 2)
    b.oval(36, 38.5, 70, 46, b.light)
    b.oval(49, 33, 57, 41, b.dark)
    b.shape((41, 48), (46, 48), (42, 75), (36, 75), fill=b.light)


def infuser(b: Brush) -> None:
    b.line((72, 18), (66, 30), (54, 36), fill=b.dark, width=1.4)
    b.oval(66, 12, 78, 24, b.accent)
    b.oval(28, 36, 72, 80, b.main)
    b.half(28, 36, 72, 80, (180, 360), b.light)
    b.box(27, 56.5, 73, 60, b.dark, 1.5)
    for row in range(2):
        for column in range(4 - row):
            x, y = 37.5 + 7.5 * column + 3.6 * row, 64 + 6 * row
            b.oval(x, y, x + 2.6, y + 2.6, b.dark)


def jar(b: Brush) -> None:
    b.box(29, 34, 71, 82, tone(b.hue, 0.72, 0.55), 7)
    b.box(32, 23, 68, 35, b.dark, 2.5)
    b.box(29, 48, 71, 70, b.pale)
    for x, y in ((43, 59), (50, 55), (57, 59), (50, 63)):
        points = [
            (x, y - 3.8),
            (x + 3.3, y - 1.9),
            (x + 3.3, y + 1.9),
            (x, y + 3.8),
            (x - 3.3, y + 1.9),
            (x - 3.3, y - 1.9),
        ]
        b.shape(*points, fill=tone(b.hue, 0.7, 0.55 + (b.place % 3) * 0.05))
    b.box(33, 37, 36, 79, tone(b.hue, 0.75, 0.72), 1.5)


def biscuits(b: Brush) -> None:
    crust, crumb = tone(30, 0.45, 0.48), tone(b.hue + 4, 0.52, 0.66)
    for level in range(3):
        top = 66 - 9 * level
        shift = (-2, 2, 0)[level]
        b.box(29 + shift, top, 71 + shift, top + 13, crust, 6.5)
        b.oval(29 + shift, top - 4, 71 + shift, top + 9, crumb)
    for n in range(7):
        x, y = 38 + (n * 37 + b.place * 13) % 24, 45.5 + (n * 23) % 8
        b.oval(x, y, x + 3, y + 2, b.dark if b.place % 2 else crust)


def candle(b: Brush) -> None:
    b.box(31, 42, 69, 82, b.main, 5)
    b.oval(31, 37, 69, 47, b.light)
    b.oval(34, 39, 66, 46, b.pale)
    b.line((50, 43), (50, 35), fill=b.dark, width=1.4)
    b.oval(46.5, 24, 53.5, 36, tone(40, 0.9, 0.62))
    b.shape((46.6, 29), (53.4, 29), (50, 18), fill=tone(40, 0.9, 0.62))
    b.oval(48.2, 29, 51.8, 35.5, tone(48, 0.95, 0.82))
    b.box(38, 55, 62, 73, b.pale, 2.5)
    b.box(43, 61, 57, 62.5, b.main, 0.7)
    b.box(45, 65.5, 55, 67, b.light, 0.7)


def cloth(b: Brush) -> None:
    for level, fill in enumerate((b.dark, b.main, b.light)):
        top, shift = 69 - 13 * level, (0, 1.5, -1)[level]
        b.box(25 + shift, top, 75 + shift, top + 13, fill, 5)
        b.line((30 + shift, top + 6.5), (75 + shift, top + 6.5), fill=b.pale, width=0.6)
    for n in range(2 + b.place % 3):
        b.box(36 + 6 * n, 43, 38.6 + 6 * n, 82, b.pale)
    b.oval(60, 46, 70, 56, b.accent)
    b.leaf(65, 51, 3, b.pale)


SHAPES: dict[str, Callable[[Brush], None]] = {
    "pouch": pouch,
    "tin": tin,
    "bowl": bowl,
    "teapot": teapot,
    "cup": cup,
    "kettle": kettle,
    "infuser": infuser,
    "jar": jar,
    "biscuits": biscuits,
    "candle": candle,
    "cloth": cloth,
}
WIDTHS = dict.fromkeys(SHAPES, 62) | {"pouch": 56, "tin": 50, "jar": 50, "candle": 46, "bowl": 56}
