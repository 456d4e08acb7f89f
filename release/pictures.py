"""The pictures in docs/pictures, from the screenshots that the browser tests made.

`make pictures` runs those tests and this. Shrinks; draws nothing.
"""

from pathlib import Path

from PIL import Image

NAMES = (
    "overview",
    "mails",
    "mail-incomplete",
    "workbench-marked",
    "workbench-saved",
    "mail-sent",
)
SCREENSHOTS = Path("out/screenshots")
PICTURES = Path("docs/pictures")
COLOURS = 256
"""Of a picture: a page has few, and the file becomes a third as large."""


def shrink(source: Path, target: Path) -> None:
    """Write a screenshot as a small PNG without anything beside the picture itself."""
    with Image.open(source) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(target, optimize=True)


def main() -> None:
    """Make all of them anew."""
    PICTURES.mkdir(exist_ok=True)
    for name in NAMES:
        shrink(SCREENSHOTS / f"manual-{name}.png", PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
