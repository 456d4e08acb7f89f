"""Where the pages' pictures go: out/screenshots, for people to look at.

Those called `manual-…` become the pictures of docs (`make pictures`, see release/pictures.py).
"""

from pathlib import Path

from playwright.sync_api import Page

SCREENSHOTS = Path(__file__).parents[2] / "out" / "screenshots"


def shoot(page: Page, name: str) -> None:
    """Keep the whole page."""
    _seen_from_its_top(page)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def shoot_window(page: Page, name: str) -> None:
    """Keep what a window shows of the page's beginning."""
    _seen_from_its_top(page)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def _seen_from_its_top(page: Page) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    # What sticks to the window's edge would lie across the middle of the page.
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    page.wait_for_function("scrollY === 0")
