"""The application: every address with its checks. What stands on a page is the page's own.

The only place where doors are made: no page can be reached without a session, and
nothing be changed without the session's token from a page of ours.
"""

from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from mailbridge.errors import MailbridgeError
from mailbridge.log import logger
from mailbridge.web.desk import Desk
from mailbridge.web.pages import mail, mails, overview, workbench
from mailbridge.web.phrases import tell_error
from mailbridge.web.protection import Protection, TooLargeError, read_body
from mailbridge.web.rendering import render
from mailbridge.web.sessions import Session, shows_token
from mailbridge.web.visit import FORM_SIZE, Door, Page, Visit, local_path
from mailbridge.web.words import LANGUAGES, Words, choose_language

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    Page(mails.PAGE.name, mails.PAGE.path, (*mails.PAGE.doors, *mail.DOORS)),
    workbench.PAGE,
)
"""In the order of the navigation."""

LANGUAGE_COOKIE = "mailbridge-language"
CSRF_FIELD = "csrf"
"""The hidden field of each form; scripts send the header X-CSRF-Token instead."""
_YEAR = 365 * 24 * 3600

Endpoint = Callable[[Request], Awaitable[Response]]


def make_application(desk: Desk, pages: Sequence[Page] = PAGES) -> ASGIApp:
    """Put everything together."""
    own = (Door("POST", "/leave", _leave), Door("POST", "/language", _set_language))
    doors = [*own, *(door for page in pages for door in page.doors)]
    routes: list[BaseRoute] = [
        Route("/enter", _entering(desk), methods=["GET"]),
        *(Route(one.path, _behind(one, desk, pages), methods=[one.method]) for one in doors),
        Mount("/static", _Static(directory=Path(str(files("mailbridge.web"))) / "static")),
    ]
    inner = Starlette(
        routes=routes,
        exception_handlers={HTTPException: _not_there, Exception: _defect},
    )
    return Protection(inner, desk.origins)


class _Static(StaticFiles):
    """Files that come with mailbridge; a browser asks each time whether they are as they were."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


def _behind(door: Door, desk: Desk, pages: Sequence[Page]) -> Endpoint:
    async def answer(request: Request) -> Response:
        words = _words(request)
        session = desk.sessions.find(request.cookies.get(desk.cookie, ""), desk.clock())
        if session is None:
            return _simple(words, "locked", 401)
        form, body = FormData(), b""
        if door.method != "GET":
            if not desk.origins.allows(request.headers):
                return _simple(words, "foreign", 403)
            try:
                body = await read_body(request, door.most)
            except TooLargeError:
                return _simple(words, "too_large", 413)
            except ClientDisconnect:
                return Response(status_code=400)  # which nobody reads: the browser has gone
            if request.headers.get("content-type", "").startswith(_FORMS):
                try:
                    form = await request.form(max_part_size=max(door.most, FORM_SIZE))
                except HTTPException:  # of more than a thousand files or fields
                    return _simple(words, "too_large", 413)
            token = request.headers.get("x-csrf-token") or form.get(CSRF_FIELD)
            if not isinstance(token, str) or not shows_token(session, token):
                return _simple(words, "foreign", 403)
        visit = Visit(
            desk=desk,
            session=session,
            words=words,
            pages=pages,
            path=request.url.path,
            query=request.query_params,
            names=request.path_params,
            form=form,
            body=body,
        )
        try:
            return await run_in_threadpool(_answer, door, visit)
        finally:
            await visit.form.close()  # its files

    return answer


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _answer(door: Door, visit: Visit) -> Response:
    try:
        return door.answer(visit)
    except MailbridgeError as error:
        # What the user can mend, in the words of the command line.
        again = visit.here if door.method == "GET" else "/"
        return visit.show("trouble.html", 503, trouble=tell_error(error), again=again)


def _entering(desk: Desk) -> Endpoint:
    async def enter(request: Request) -> Response:
        token = request.query_params.get("token", "")
        if request.method == "HEAD":  # asked by what looks at links beforehand: it uses none up
            return Response()
        session = desk.sessions.enter(token, desk.clock())
        if session is None:
            return _simple(_words(request), "used_link", 403)
        desk.tell_link()
        response = RedirectResponse("/", 303)
        _set_cookie(response, desk, session)
        return response

    return enter


def _set_cookie(response: Response, desk: Desk, session: Session) -> None:
    # No time: it ends with the browser. SameSite: it comes with no request of another site.
    response.set_cookie(
        desk.cookie, session.name, httponly=True, samesite="strict", secure=desk.origins.secure
    )


def _leave(visit: Visit) -> Response:
    visit.desk.sessions.leave(visit.session)
    response = _simple(visit.words, "left", 200)
    response.delete_cookie(visit.desk.cookie, httponly=True, samesite="strict")
    return response


def _set_language(visit: Visit) -> Response:
    response = visit.go(local_path(str(visit.form.get("to", "/"))))
    language = str(visit.form.get("language", ""))
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=_YEAR,
            httponly=True,
            samesite="strict",
            secure=visit.desk.origins.secure,
        )
    return response


def _words(request: Request) -> Words:
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return Words(choose_language(chosen, request.headers.get("accept-language", "")))


def _simple(words: Words, key: str, status: int) -> HTMLResponse:
    """Answer with a few words, to somebody of whom nothing is known."""
    return HTMLResponse(render("simple.html", words=words, key=key), status)


async def _not_there(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _simple(_words(request), "not_there", status)


async def _defect(_request: Request, error: Exception) -> Response:
    logger().error("a defect in mailbridge", exc_info=error)
    return PlainTextResponse("A defect in mailbridge. Its log says more.\n", 500)
