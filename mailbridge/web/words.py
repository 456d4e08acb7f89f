"""The words of the pages in four languages, and which of them a visitor wants.

`words/PART.LANGUAGE.json` holds texts by key, with `{name}` where a value goes. A key that
ends in `.one` or `.many` goes by a number. Must not know pages.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = {"de": "Deutsch", "fr": "Français", "it": "Italiano", "en": "English"}
DEFAULT = "en"
_UNITS = (
    (172_800, 86_400, "unit.days"),
    (7_200, 3_600, "unit.hours"),
    (120, 60, "unit.minutes"),
    (10, 1, "unit.seconds"),
)
"""From how many seconds on a unit is used, and how many it has."""


@cache
def load_words(language: str) -> dict[str, str]:
    """Read all texts of a language."""
    texts: dict[str, str] = {}
    folder = files("mailbridge.web").joinpath("words")
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(f".{language}.json"):
            texts |= json.loads(item.read_text(encoding="utf-8"))
    return texts


def choose_language(wanted: str, accepted: str) -> str:
    """Choose by the visitor's own choice, else by Accept-Language (RFC 9110, section 12.5.4)."""
    if wanted in LANGUAGES:
        return wanted
    ranked: list[tuple[float, int, str]] = []
    for at, one in enumerate(accepted[:500].split(",")):
        tag, _, parameter = one.strip().partition(";")
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES:
            ranked.append((-_weight(parameter), at, language))
    best = min(ranked, default=None)
    return best[2] if best and best[0] < 0 else DEFAULT


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language."""

    language: str

    def __call__(self, key: str, **values: Any) -> str:
        """Give a text with its values. KeyError for a key that is none: a defect."""
        text = load_words(self.language)[key]
        return text.format(**values) if values else text

    def count(self, key: str, number: int, **values: Any) -> str:
        """Give `KEY.one` or `KEY.many` with the number as `{count}`; French has 0 as one."""
        few = number in ((0, 1) if self.language == "fr" else (1,))
        return self(f"{key}.{'one' if few else 'many'}", count=self.number(number), **values)

    def number(self, number: float) -> str:
        """Write a number with its thousands apart, by a no-break thin space."""
        return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")

    def wait(self, wait: timedelta) -> str:
        """Write a wait to the precision that matters to people: `0.4 s`, `12 s`, `7 min`."""
        seconds = wait.total_seconds()
        for least, size, unit in _UNITS:
            if seconds >= least:
                return self(unit, count=round(seconds / size))
        return self("unit.seconds", count=f"{seconds:.1f}")

    def known(self, key: str, otherwise: str) -> str:
        """Give a text where there is one, for names that come from elsewhere."""
        return load_words(self.language).get(key, otherwise)
