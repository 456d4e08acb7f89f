"""Which of a union's branches the writer meant, and where each of pydantic's errors stands.

pydantic names a place by keys and indexes, mixed with the names of the union
branches that it tried. What the document does not hold is therefore taken for a
branch: a branch must not bear the name of a key (models are CapWords, keys are not).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from mailbridge.documents.located import Document

Step = str | int

WRONG_KIND = frozenset(
    f"{kind}_{suffix}"
    for kind in ("string", "int", "float", "bool", "list", "tuple", "set", "dict", "model", "path")
    for suffix in ("type", "parsing")
) | {"none_required", "literal_error", "enum", "int_from_float", "model_attributes_type"}
"""Errors which say that something of quite another kind is written."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One of pydantic's errors, on its way to a Problem."""

    path: tuple[Step, ...]
    """Keys and indexes in the document, as far as they are known."""
    rest: tuple[Step, ...]
    """What is still to be read of pydantic's place."""
    kind: str
    """pydantic's type of error."""
    context: Mapping[str, Any] = field(default_factory=dict)
    branch: str = ""
    """The last union branch on the way; empty where there was none."""
    alternatives: tuple["Fault", ...] = ()
    """For kind `alternatives`: the branches, none of which fits what is written."""
    about_key: bool = False
    """Whether the key itself is wrong, and not its value."""

    @property
    def key(self) -> str:
        """The last step as text."""
        return str(self.path[-1]) if self.path else ""


def find_faults(document: Document, errors: Iterable[ErrorDetails]) -> list[Fault]:
    """Place every error in the document and let one branch of each union speak."""
    return _settle(
        document,
        [
            Fault((), e["loc"], e["type"], e.get("ctx", {}))
            for e in errors
            # Only says that another error has been found already.
            if e["type"] != "default_factory_not_called"
        ],
    )


def nearest(word: str, known: Sequence[str]) -> str:
    """Find the known word that was probably meant; empty where none is near."""
    by_form = {_plain_form(k): k for k in reversed(known)}
    near = get_close_matches(_plain_form(word), by_form, 1, 0.6)
    return by_form[near[0]] if near else ""


def _plain_form(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")


def _settle(document: Document, faults: Sequence[Fault]) -> list[Fault]:
    settled: list[Fault] = []
    unions: dict[tuple[Step, ...], dict[Step, list[Fault]]] = {}
    for fault in (_advance(document, f) for f in faults):
        if not fault.rest:
            settled.append(fault)
            continue
        label = fault.rest[0]
        inner = replace(fault, rest=fault.rest[1:], branch=str(label))
        unions.setdefault(fault.path, {}).setdefault(label, []).append(inner)
    for path, branches in unions.items():
        settled += _choose(path, [_settle(document, inner) for inner in branches.values()])
    return _pair(settled)


def _advance(document: Document, fault: Fault) -> Fault:
    """Move what the document holds from `rest` to `path`, up to the next branch name."""
    path, rest = list(fault.path), list(fault.rest)
    while rest:
        if rest == ["[key]"]:
            return replace(fault, path=tuple(path), rest=(), about_key=True)
        last_and_absent = fault.kind == "missing" and len(rest) == 1
        if last_and_absent or document.has([*path, rest[0]]):
            path.append(rest.pop(0))
        elif isinstance(rest[0], int):
            # A shape takes one value for a list of one: there is no index in the file.
            rest.pop(0)
        else:
            break
    return replace(fault, path=tuple(path), rest=tuple(rest))


def _choose(path: tuple[Step, ...], branches: list[list[Fault]]) -> list[Fault]:
    """Keep the branch that fits best; if none is of the right kind, say so in one fault."""
    fitting = [b for b in branches if not any(_misses(path, fault) for fault in b)]
    if fitting:
        return min(fitting, key=len)
    missing = [fault for b in branches for fault in b if _misses(path, fault)]
    return [missing[0]] if len(missing) == 1 else [_merge(path, missing)]


def _misses(path: tuple[Step, ...], fault: Fault) -> bool:
    return fault.path == path and (fault.kind in WRONG_KIND or fault.kind == "alternatives")


def _merge(path: tuple[Step, ...], faults: Iterable[Fault]) -> Fault:
    flat = [a for f in faults for a in (f.alternatives or (f,))]
    return Fault(path, (), "alternatives", alternatives=tuple(flat))


def _pair(faults: Sequence[Fault]) -> list[Fault]:
    """Drop "missing" where an unknown key beside it is that key, misspelt."""
    unknown = [f for f in faults if f.kind == "extra_forbidden"]
    absent = [f for f in faults if f.kind == "missing"]
    misspelt = {
        (f.path[:-1], nearest(f.key, [a.key for a in absent if a.path[:-1] == f.path[:-1]]))
        for f in unknown
    }
    return [f for f in faults if f.kind != "missing" or (f.path[:-1], f.key) not in misspelt]
