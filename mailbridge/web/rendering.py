"""Templates to HTML. Every value is escaped, and control characters are made visible.

That is done here, for all, so that no template can forget it.
"""

import re
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from mailbridge.controls import show_controls
from mailbridge.problems import Problem
from mailbridge.web.phrases import ATTEMPTS, SENTENCES, say
from mailbridge.web.words import LANGUAGES, Words

_HERE = Path(str(files("mailbridge.web")))
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def render(template: str, *, words: Words, **values: Any) -> str:
    """Write a template with values; names and texts of mails may be anything."""
    return _environment().get_template(template).render(words=words, t=words, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters["moment"] = show_moment
    environment.filters["day"] = show_day
    environment.filters["said"] = show_said
    environment.filters["attempt"] = show_attempt
    environment.globals["asset"] = asset
    environment.globals["languages"] = LANGUAGES
    return environment


def _visible(value: Any) -> Any:
    """Show what a browser would obey or turn round; what is Markup was made by us."""
    return show_controls(value) if type(value) is str else value


@cache
def asset(name: str) -> str:
    """Give the address of a static file, which is another one once the file changes."""
    digest = sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@pass_context
def show_moment(context: Context, at: datetime | None) -> Markup:
    """Write date and time, in this machine's zone, as people of the language do."""
    if at is None:
        return Markup("–")
    here = at.astimezone()
    written = f"{_day(here, context['words'])} {here:%H:%M}"
    return _time(here, written, f"{here:%H:%M:%S}")


@pass_context
def show_day(context: Context, at: datetime) -> Markup:
    """Write the day alone."""
    here = at.astimezone()
    return _time(here, _day(here, context["words"]), f"{here:%H:%M:%S}")


@pass_context
def show_said(
    context: Context, told: Problem | str, most: int | None = None, kind: str = SENTENCES
) -> Markup:
    """Write what mailbridge says in the page's language, else in English and marked so.

    `most` characters of it at most; `kind` is the table that it is among.
    """
    said = say(context["words"], told, kind)
    text = show_controls(said.text[:most])
    if said.language:
        return Markup('<bdi lang="{}">{}</bdi>').format(said.language, text)
    return Markup("<bdi>{}</bdi>").format(text)


@pass_context
def show_attempt(context: Context, told: str, most: int = 600) -> Markup:
    """Write what became of a lead that was sent."""
    return show_said(context, told, most, ATTEMPTS)


def _day(at: datetime, words: Words) -> str:
    if words.language == "en":
        return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
    return f"{at:%d.%m.%Y}"


def _time(at: datetime, written: str, precise: str) -> Markup:
    stamp = at.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        stamp, precise, re.sub(" ", "\N{NO-BREAK SPACE}", written)
    )


__all__ = ["asset", "escape", "render", "show_day", "show_moment", "show_said"]
