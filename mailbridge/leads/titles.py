"""How the visitor wants to be addressed, where a form's salutation says it beyond doubt. Pure.

Never guessed from a first name: a salutation that is neither of the two, or both, is none.
"""

from enum import StrEnum


class Title(StrEnum):
    """The two that CRMs know."""

    MR = "mr"
    MS = "ms"


_TITLES = {
    **dict.fromkeys(("herr", "herrn", "hr", "monsieur", "m", "mr", "signor", "sig"), Title.MR),
    **dict.fromkeys(("señor", "sr", "senhor", "mister"), Title.MR),
    **dict.fromkeys(("frau", "fr", "fräulein", "madame", "mme", "mademoiselle", "mlle"), Title.MS),
    **dict.fromkeys(("mrs", "ms", "miss", "signora", "sigra", "sig.ra", "signorina"), Title.MS),
    **dict.fromkeys(("señora", "sra", "srta", "señorita", "senhora"), Title.MS),
}
_BESIDE = frozenset({"dr", "drs", "prof", "docteur", "doctor", "dott"})
"""May stand beside a title and says nothing."""


def read_title(salutation: str) -> Title | None:
    """Read a salutation; None where it names no title, two, or something else."""
    words = [word.strip(".,:;") for word in salutation.casefold().split()]
    told = [word for word in words if word and word not in _BESIDE]
    titles = {_TITLES.get(word) for word in told}
    return titles.pop() if len(titles) == 1 else None
