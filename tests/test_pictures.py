"""The pictures of docs: each is there, shown somewhere, small, and made by `make pictures`."""

import re
from pathlib import Path

import pytest
from PIL import Image

from release.pictures import NAMES, shrink

REPOSITORY = Path(__file__).parents[1]
PICTURES = REPOSITORY / "docs" / "pictures"
SHOWN = re.compile(r"!\[([^]]*)\]\((?:docs/)?(pictures/[^)\s]+)\)")
MADE = re.compile(r'shoot_window\(page, "manual-([a-z-]+)"\)')
PAGES = [*sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "README.md"]


def shown() -> list[tuple[str, str]]:
    return [found for page in PAGES for found in SHOWN.findall(page.read_text("utf-8"))]


def test_each_is_made_and_shown() -> None:
    there = {path.name for path in PICTURES.iterdir()}
    assert there == {f"{name}.png" for name in NAMES}
    assert {path for _, path in shown()} == {f"pictures/{name}" for name in there}


def test_each_says_in_words_what_it_shows() -> None:
    assert [path for words, path in shown() if len(words) < 20] == []


def test_the_browser_tests_make_each() -> None:
    tests = "".join(
        path.read_text("utf-8") for path in (REPOSITORY / "tests/web").glob("test_*.py")
    )
    made = set(re.findall(r'shoot_window\(page, "manual-([a-z-]+)"\)', tests))
    assert made == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_is_small(name: str) -> None:
    path = PICTURES / f"{name}.png"
    assert path.stat().st_size < 150_000
    with Image.open(path) as picture:
        assert picture.width <= 1280
        assert picture.info == {}, "no more than the picture itself"


def test_a_screenshot_becomes_smaller_and_stays_what_it_is(tmp_path: Path) -> None:
    screenshot = Image.radial_gradient("L").convert("RGB").resize((640, 400))
    screenshot.save(tmp_path / "large.png", compress_level=1)
    shrink(tmp_path / "large.png", tmp_path / "small.png")
    assert (tmp_path / "small.png").stat().st_size < (tmp_path / "large.png").stat().st_size
    with Image.open(tmp_path / "small.png") as small:
        assert small.size == (640, 400)
        pairs = [((x, y), (x, y)) for x in range(0, 640, 40) for y in range(0, 400, 40)]
        seen = small.convert("RGB")
        for at, _ in pairs:
            new, old = seen.getpixel(at), screenshot.getpixel(at)
            assert isinstance(new, tuple)
            assert isinstance(old, tuple)
            assert max(abs(a - b) for a, b in zip(new, old, strict=True)) < 8
