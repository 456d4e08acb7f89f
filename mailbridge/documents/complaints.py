"""pydantic's errors as Problems: where, what is wrong, what to write instead."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mailbridge.documents.branches import WRONG_KIND, Fault, Step, find_faults, nearest
from mailbridge.documents.keys import find_fields
from mailbridge.documents.located import Document
from mailbridge.documents.wording import UnfitError, count, quote, show_flow, show_written
from mailbridge.problems import Problem

_MANY_KEYS = 12
"""Above this the allowed keys are not listed when the nearest one is named."""

# What is wanted, by the first word of pydantic's error type, with an example.
_WANTED = {
    "string": ("a text", "a text"),
    "int": ("a whole number", "100"),
    "float": ("a number", "1.5"),
    "bool": ("true or false", "true"),
    "list": ("a list", "[one, two]"),
    "tuple": ("a list", "[one, two]"),
    "set": ("a list", "[one, two]"),
    "dict": ("a group of 'key: value' lines", ""),
    "model": ("a group of 'key: value' lines", ""),
    "path": ("a path", "folder/file"),
    "none": ("nothing", ""),
}

_WRITE_KEYS = "Write 'key: value' lines here."
_GROUPS = ("dict_type", "model_type", "model_attributes_type")

_LIMITS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda c: f"The value must be more than {c['gt']}.",
    "greater_than_equal": lambda c: f"The value must be at least {c['ge']}.",
    "less_than": lambda c: f"The value must be less than {c['lt']}.",
    "less_than_equal": lambda c: f"The value must be at most {c['le']}.",
    "string_too_short": lambda c: (
        f"The value must have at least {count(c['min_length'], 'character')}."
    ),
    "string_too_long": lambda c: (
        f"The value must have at most {count(c['max_length'], 'character')}."
    ),
    "too_short": lambda c: f"The value must hold at least {count(c['min_length'], 'entry')}.",
    "too_long": lambda c: f"The value must hold at most {count(c['max_length'], 'entry')}.",
    "int_parsing_size": lambda _: "The value is too large a number.",
    "finite_number": lambda _: "The value must be a finite number.",
}


def translate(document: Document, model: type[BaseModel], error: ValidationError) -> list[Problem]:
    """Turn everything that pydantic found into Problems."""
    faults = find_faults(document, error.errors(include_url=False))
    return [_say(document, model, fault) for fault in faults]


def _say(document: Document, model: type[BaseModel], fault: Fault) -> Problem:
    if fault.kind == "extra_forbidden":
        return _say_unknown(document, model, fault)
    if fault.kind == "missing":
        return _say_missing(document, model, fault)
    if fault.kind in WRONG_KIND or fault.kind == "alternatives":
        return _say_wrong_kind(document, model, fault)
    if isinstance(unfit := fault.context.get("error"), Exception):
        return _say_unfit(document, fault, unfit)
    if fault.kind == "string_pattern_mismatch":
        return _say_mismatch(document, model, fault)
    limit = _LIMITS.get(fault.kind)
    text = limit(fault.context) if limit else "The value does not fit here."
    return _problem(document, fault.path, "out-of-range", text, _advise(model, fault))


def _say_unknown(document: Document, model: type[BaseModel], fault: Fault) -> Problem:
    known = sorted(find_fields(model, fault.path[:-1], fault.branch))
    if fault.key in find_fields(model, fault.path[:-1], ""):
        text = f"The key '{fault.key}' does not go together with the others here."
        remedy = f"Remove it, or write this in one form only. Allowed here: {', '.join(known)}."
        return _problem(document, fault.path, "excluded-key", text, remedy, about_key=True)
    near, allowed = nearest(fault.key, known), ", ".join(known)
    if known and (not near or len(known) <= _MANY_KEYS):
        found = f"Did you mean {near!r}? Allowed here: {allowed}."
        remedy = found if near else f"Remove it. Allowed here: {allowed}."
    else:
        remedy = f"Did you mean {near!r}?" if near else "Remove it."
    text = f"Unknown key {quote(fault.key)}."
    return _problem(document, fault.path, "unknown-key", text, remedy, about_key=True)


def _say_missing(document: Document, model: type[BaseModel], fault: Fault) -> Problem:
    info = find_fields(model, fault.path[:-1], fault.branch).get(fault.key)
    example = _example(info)
    if info and info.description:
        about = info.description
        empty = f"Add a line '{fault.key}: …'. {about}"
        remedy = f"Add '{fault.key}: {example}'. {about}" if example else empty
    else:
        remedy = f"Add '{fault.key}: {example}'." if example else f"Add a line '{fault.key}: …'."
    return _problem(
        document, fault.path, "missing-key", f"The key '{fault.key}' is missing.", remedy
    )


def _say_mismatch(document: Document, model: type[BaseModel], fault: Fault) -> Problem:
    info = find_fields(model, fault.path[:-1], fault.branch).get(fault.key)
    written = fault.key if fault.about_key else document.value(fault.path)
    text = f"{show_written(written)} is malformed."
    pattern, about = fault.context["pattern"], info.description if info else None
    told = f"Wanted: {about} It must match the pattern {pattern}."
    remedy = told if about else f"It must match the pattern {pattern}."
    return _problem(document, fault.path, "wrong-value", text, remedy, about_key=fault.about_key)


def _say_unfit(document: Document, fault: Fault, error: Exception) -> Problem:
    if not isinstance(error, UnfitError):
        return _problem(document, fault.path, "wrong-value", str(error), "")
    path = (*fault.path, *error.at)
    return _problem(document, path, error.code, error.text, error.remedy, about_key=fault.about_key)


def _say_wrong_kind(document: Document, model: type[BaseModel], fault: Fault) -> Problem:
    faults = fault.alternatives or (fault,)
    written = fault.key if fault.about_key else document.value(fault.path)
    wanted = list(dict.fromkeys(_want(f) for f in faults))
    text = f"{show_written(written)} stands where {' or '.join(wanted)} is wanted."
    words = [w for f in faults for w in _words(f)]
    code = "wrong-value" if words and isinstance(written, str) else "wrong-type"
    near = nearest(written, words) if isinstance(written, str) else ""
    remedy = f"Did you mean {near!r}?" if near else _advise(model, fault)
    return _problem(document, fault.path, code, text, remedy, about_key=fault.about_key)


def _want(fault: Fault) -> str:
    if words := _words(fault):
        if len(words) > _MANY_KEYS:
            return f"one of {len(words)} known words"
        return words[0] if len(words) == 1 else f"one of {', '.join(words)}"
    return _WANTED[fault.kind.partition("_")[0]][0]


def _words(fault: Fault) -> list[str]:
    """Take the allowed words out of pydantic's `'a', 'b' or 'c'`."""
    return re.findall(r"'([^']*)'", str(fault.context.get("expected", "")))


def _advise(model: type[BaseModel], fault: Fault) -> str:
    """Show how the value is written: by the field's own example, else by its kind's."""
    at = len(fault.path)
    while at and isinstance(fault.path[at - 1], int):
        at -= 1
    if not at:
        return _WRITE_KEYS
    key = str(fault.path[at - 1])
    info = find_fields(model, fault.path[: at - 1], fault.branch).get(key)
    example = _example(info) or _example_of_kind((fault.alternatives or (fault,))[0])
    if not example:
        return _WRITE_KEYS if fault.kind in _GROUPS else ""
    may_go = info is not None and not info.is_required() and at == len(fault.path)
    if may_go:
        return f"Write for example '{key}: {example}', or remove the line: then the default holds."
    return f"Write for example '{key}: {example}'."


def _example_of_kind(fault: Fault) -> str:
    words = _words(fault)
    return words[0] if words else _WANTED.get(fault.kind.partition("_")[0], ("", ""))[1]


def _example(info: FieldInfo | None) -> str:
    if info is None:
        return ""
    if info.examples:
        return show_flow(info.examples[0])
    return show_flow(info.default) if isinstance(info.default, (int, str)) else ""


def _problem(
    document: Document,
    path: Sequence[Step],
    code: str,
    text: str,
    remedy: str,
    *,
    about_key: bool = False,
) -> Problem:
    empty = document.value(path) is None and document.has(path)
    place = document.key_place if about_key or empty else document.place
    line, column = place(path)
    key = ".".join(str(step) for step in path)
    return Problem(document.file, line, column, key, code, text, remedy)
