"""The documentation builds as a site: every link and anchor leads somewhere, nothing is remote."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LOADED = re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?([^"' >]+)|"""
                    r"""<link\b[^>]*\bhref=["']?([^"' >]+)""")  # fmt: skip
CANONICAL = re.compile(r"""<link\b[^>]*rel=["']?(?:canonical|prev|next)\b[^>]*>""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    pages = {page.stem for page in (REPOSITORY / "docs").glob("*.md")}
    assert {page.stem for page in site.glob("*.html")} == pages | {"404"}


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.glob("*.html"):
        text = CANONICAL.sub("", page.read_text("utf-8"))
        loaded = ["".join(pair) for pair in LOADED.findall(text)]
        assert loaded, page
        assert not [one for one in loaded if "//" in one], page
