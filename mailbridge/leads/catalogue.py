"""The catalogue: the CRM's references, and which of them a reference in a mail means.

Pure. Nothing is guessed: a reference that fits more than one is not resolved, and one
that fits none stays as the mail has it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Fit(StrEnum):
    """How the mail's spelling and the CRM's agree."""

    EXACT = "exact"
    FOLDED = "folded"
    """But for capitals and blanks."""
    PARTS = "parts"
    """But for what stands between the columns of the IDX export (`R20.H3.0412`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A listing as the CRM's list has it."""

    id: str
    reference: str
    promotion: str = ""
    """The reference of the promotion that it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A promotion as the CRM's list has it."""

    id: str
    reference: str


@dataclass(frozen=True, slots=True)
class Known:
    """The CRM has it, under this spelling."""

    reference: str
    fit: Fit


@dataclass(frozen=True, slots=True)
class KnownPromotion:
    """It is no listing's, but one promotion's reference."""

    id: str
    """Empty where only the listings name it."""


@dataclass(frozen=True, slots=True)
class Several:
    """It fits more than one reference of the CRM, none of them to the letter."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The CRM's lists do not have it."""


Match = Known | KnownPromotion | Several | Unknown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalogue:
    """All listings and promotions at one moment, ready to be looked things up in."""

    listings: tuple[Listing, ...] = field(repr=False)
    promotions: tuple[Promotion, ...] = field(default=(), repr=False)
    taken: datetime
    """When the CRM gave the lists; aware."""
    _exact: frozenset[str] = field(init=False, repr=False)
    _folded: dict[str, str | None] = field(init=False, repr=False)
    """Spelling by its folded form; None where there are several."""
    _parts: dict[str, str | None] = field(init=False, repr=False)
    _promotions: dict[str, str | None] = field(init=False, repr=False)
    _ids: frozenset[str] = field(init=False, repr=False)
    _promotion_ids: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index both lists."""
        spellings = list(dict.fromkeys(li.reference for li in self.listings if li.reference))
        named = ((fold(li.promotion), "") for li in self.listings if li.promotion)
        promoted = _unique((fold(p.reference), p.id) for p in self.promotions if p.reference)
        for name, value in (
            ("_exact", frozenset(spellings)),
            ("_folded", _unique((fold(s), s) for s in spellings)),
            ("_parts", _unique((p, s) for s in spellings if "." in (p := _dotted(s)))),
            ("_promotions", {**dict(named), **promoted}),
            ("_ids", frozenset(li.id for li in self.listings)),
            ("_promotion_ids", frozenset(p.id for p in self.promotions)),
        ):
            object.__setattr__(self, name, value)

    def find(self, reference: str) -> Match:
        """Say which reference of the CRM is meant."""
        if reference in self._exact:
            return Known(reference, Fit.EXACT)
        folded = fold(reference)
        if folded in self._folded:
            return _known(self._folded[folded], Fit.FOLDED)
        fitting = set(self._by_parts(folded))
        if fitting:
            return _known(fitting.pop() if len(fitting) == 1 else None, Fit.PARTS)
        if folded in self._promotions:
            known = self._promotions[folded]
            return Several() if known is None else KnownPromotion(known)
        return Unknown()

    def has_listing(self, number: str) -> bool:
        """Whether a listing has this id."""
        return number in self._ids

    def has_promotion(self, number: str) -> bool:
        """Whether a promotion has this id; True where no list of promotions was read."""
        return not self.promotions or number in self._promotion_ids

    def _by_parts(self, folded: str) -> Iterator[str | None]:
        """Try the columns of the IDX export: with other signs between them, or with none.

        Signs inside a reference are kept apart from those between columns: `AA.1.5` is
        not `AA-15`.
        """
        columns = [column.strip() for column in folded.split(".")]
        if len(columns) < 2 or not all(columns):
            return
        if (dotted := _dotted(folded)) in self._parts:
            yield self._parts[dotted]
        if (joined := "".join(columns)) in self._folded:
            yield self._folded[joined]


def fold(reference: str) -> str:
    """Trim, fold blanks and capitals; signs and accents stay, they may tell two apart."""
    return " ".join(unicodedata.normalize("NFC", reference).split()).casefold()


def _dotted(reference: str) -> str:
    """Write the words of a reference with dots between, whatever signs stood there."""
    return re.sub(r"[\W_]+", ".", fold(reference)).strip(".")


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for key, value in pairs:
        found[key] = value if found.get(key, value) == value else None
    return found


def _known(reference: str | None, fit: Fit) -> Match:
    return Several() if reference is None else Known(reference, fit)
