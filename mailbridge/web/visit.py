"""One request as a page sees it, checked already: who asks, in which language, what was sent.

A page is a function from a Visit to a response; it runs in a thread of its own and may
read the ledger at leisure.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData, QueryParams
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from mailbridge.web.desk import Desk
from mailbridge.web.rendering import render
from mailbridge.web.sessions import Notice, Session
from mailbridge.web.words import Words

FORM_SIZE = 100_000
"""Bytes of a body, where the door says nothing else: a form with a few fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a page needs to answer."""

    desk: Desk
    session: Session
    words: Words
    pages: Sequence["Page"]
    path: str
    """Of the address, without what was asked for behind `?`."""
    query: QueryParams
    names: dict[str, Any]
    """What the path's `{name}` stood for."""
    form: FormData = field(default_factory=FormData)
    """What a form sent, files too; empty for anything else."""
    body: bytes = b""
    """What was sent, as it came."""

    @property
    def here(self) -> str:
        """The address as it is, for a way back."""
        return f"{self.path}?{urlencode(self.query.multi_items())}" if self.query else self.path

    def tell(self, notice: Notice) -> None:
        """Have this said on the next page that is shown."""
        self.session.told.append(notice)

    def take_told(self) -> list[Notice]:
        """Give what is to be said, once."""
        told = self.session.told[:]
        del self.session.told[: len(told)]
        return told

    def json(self) -> Any:
        """Give what a script sent. ValueError where it is no JSON."""
        return json.loads(self.body)

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Answer with a page; templates know `visit` and `words` (also as `t`) besides."""
        return HTMLResponse(render(template, visit=self, words=self.words, **values), status)

    def give(self, value: Any, status: int = 200) -> JSONResponse:
        """Answer a script."""
        return JSONResponse(value, status)

    def go(self, path: str) -> RedirectResponse:
        """Send on to another page after something was done; `path` begins with one slash."""
        return RedirectResponse(local_path(path), 303)


__all__ = ["Answer", "Door", "Notice", "Page", "Visit", "local_path"]

Answer = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Door:
    """One address of a page. For logged-in visitors; anything but GET needs the CSRF token."""

    method: str
    """`GET` or `POST`."""
    path: str
    """As Starlette has it: `/mails/{mail:int}`."""
    answer: Answer
    most: int = FORM_SIZE
    """Bytes that may be sent."""


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the navigation with its addresses."""

    name: str
    """`nav.NAME` among the words."""
    path: str
    doors: tuple[Door, ...]

    def holds(self, path: str) -> bool:
        """Tell whether an address belongs to it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


def local_path(path: str) -> str:
    r"""Give the path where it stays with us, else the start: `//host` and `/\host` lead away."""
    good = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if good and path.isprintable() else "/"
