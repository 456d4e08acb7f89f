"""Who is not let in, what is not believed, and what every answer says to the browser."""

import asyncio
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from mailbridge.ledger.ledger import Ledger
from mailbridge.web.application import PAGES, make_application
from mailbridge.web.desk import Desk
from mailbridge.web.protection import Origins
from mailbridge.web.sessions import IDLE, LONGEST, MOST, Sessions
from mailbridge.web.visit import Door
from tests.web.conftest import BASE, NOW, Browser

DOORS = [door for page in PAGES for door in page.doors]


def address(door: Door) -> str:
    return door.path.replace("{mail:int}", "1")


@pytest.mark.parametrize("door", DOORS, ids=lambda door: f"{door.method} {door.path}")
def test_no_page_opens_without_a_session(door: Door, stranger: TestClient, ledger: Ledger) -> None:
    answer = stranger.request(door.method, address(door), headers={"origin": BASE})
    assert answer.status_code == 401
    assert "log in" in answer.text


@pytest.mark.parametrize(
    "path", ["/leave", "/language", *(d.path for d in DOORS if d.method != "GET")]
)
@pytest.mark.parametrize(
    ("headers", "csrf"),
    [
        ({"origin": BASE}, ""),
        ({"origin": BASE}, "guessed"),
        ({"origin": "https://evil.example.org"}, None),
        ({"origin": "http://127.0.0.1:9999"}, None),
        ({"origin": "null"}, None),
        ({}, None),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, None),
        ({"sec-fetch-site": "same-site"}, None),
    ],
)
def test_nothing_is_changed_but_from_a_page_of_ours(
    path: str, headers: dict[str, str], csrf: str | None, browser: Browser, ledger: Ledger
) -> None:
    token = browser.token if csrf is None else csrf
    where = path.replace("{mail:int}", "1")
    answer = browser.client.post(where, data={"csrf": token}, headers=headers)
    assert answer.status_code == 403
    assert browser.client.get("/").status_code == 200  # still logged in


def test_a_form_of_ours_is_believed_as_browsers_send_it(browser: Browser, ledger: Ledger) -> None:
    headers = {"origin": "null", "sec-fetch-site": "same-origin"}
    form = {"csrf": browser.token, "language": "fr", "to": "/"}
    answer = browser.client.post("/language", data=form, headers=headers, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_script_of_ours_shows_the_token_in_a_header(browser: Browser, ledger: Ledger) -> None:
    headers = {"origin": BASE, "x-csrf-token": browser.token}
    answer = browser.client.post("/language", headers=headers, follow_redirects=False)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "to", ["//evil.example.org", "/\\evil.example.org", "https://x.example.org", "/a\nb"]
)
def test_the_way_back_never_leads_away(to: str, browser: Browser, ledger: Ledger) -> None:
    form = {"csrf": browser.token, "language": "fr", "to": to}
    answer = browser.client.post(
        "/language", data=form, headers={"origin": BASE}, follow_redirects=False
    )
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.org",
        "evil.example.org:8026",
        "127.0.0.1.example.org",
        "u@localhost",
        "",
        "[::1",
    ],
)
def test_a_name_that_was_made_to_point_here_is_refused(host: str, browser: Browser) -> None:
    answer = browser.client.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1:1234", "[::1]:8026", "LOCALHOST"])
def test_a_tunnel_may_have_another_port(host: str, browser: Browser, ledger: Ledger) -> None:
    assert browser.client.get("/", headers={"host": host}).status_code == 200


def test_a_reverse_proxy_has_its_own_name_and_secure_cookies(desk: Desk, ledger: Ledger) -> None:
    desk.origins = Origins("https://leads.example.org")
    base = "https://leads.example.org"
    with TestClient(make_application(desk), base_url=base) as client:
        token = desk.sessions.new_link()
        entered = client.get("/enter", params={"token": token}, follow_redirects=False)
        assert "Secure" in entered.headers["set-cookie"]
        browser = Browser(client, desk)
        form = {"csrf": browser.token, "to": "/"}
        good = client.post("/language", data=form, headers={"origin": base}, follow_redirects=False)
        bad = client.post("/language", data=form, headers={"origin": "http://leads.example.org"})
    assert (good.status_code, bad.status_code) == (303, 403)


def test_a_login_link_works_once(desk: Desk, stranger: TestClient, ledger: Ledger) -> None:
    told: list[int] = []
    desk.tell_link = lambda: told.append(1)
    token = desk.sessions.new_link()
    first = stranger.get("/enter", params={"token": token}, follow_redirects=False)
    assert first.status_code == 303
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age" not in cookie
    assert stranger.get("/enter", params={"token": token}).status_code == 403
    assert told == [1]


def test_to_look_at_a_login_link_does_not_use_it_up(desk: Desk, stranger: TestClient) -> None:
    token = desk.sessions.new_link()
    assert "set-cookie" not in stranger.head("/enter", params={"token": token}).headers
    assert desk.sessions.enter(token, NOW) is not None


@pytest.mark.parametrize("token", ["", "x", "é" * 40])
def test_a_guessed_link_does_not(token: str, desk: Desk, stranger: TestClient) -> None:
    desk.sessions.new_link()
    assert stranger.get("/enter", params={"token": token}).status_code == 403


def test_who_logs_out_is_out(browser: Browser, ledger: Ledger) -> None:
    stolen = browser.client.cookies.get(browser.desk.cookie)
    browser.post("/leave")
    browser.client.cookies.set(browser.desk.cookie, stolen or "")
    assert browser.client.get("/").status_code == 401


def test_sessions_end() -> None:
    sessions = Sessions()
    session = sessions.enter(sessions.new_link(), NOW)
    assert session is not None
    at = NOW
    while at - NOW < LONGEST - IDLE / 2:
        at += IDLE / 2
        assert sessions.find(session.name, at) is session
    assert sessions.find(session.name, NOW + LONGEST + timedelta(seconds=1)) is None
    other = sessions.enter(sessions.new_link(), NOW)
    assert other is not None
    assert sessions.find(other.name, NOW + IDLE + timedelta(seconds=1)) is None


def test_there_are_never_too_many_sessions() -> None:
    sessions = Sessions()
    begun = []
    for second in range(MOST + 1):
        session = sessions.enter(sessions.new_link(), NOW + timedelta(seconds=second))
        assert session is not None
        begun.append(session)
    at = NOW + timedelta(seconds=MOST)
    assert sessions.find(begun[0].name, at) is None
    assert sessions.find(begun[1].name, at) is begun[1]


@pytest.mark.parametrize(
    "path", ["/", "/mails", "/nothing", "/static/style.css", "/static/no", "/enter"]
)
def test_every_answer_says_what_a_browser_may_do(
    path: str, browser: Browser, ledger: Ledger
) -> None:
    headers = browser.client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-cache" if path == "/static/style.css" else "no-store")


def test_a_defect_has_the_headers_too_and_tells_nothing(desk: Desk, ledger: Ledger) -> None:
    def break_down() -> object:
        raise RuntimeError("a secret")

    with TestClient(make_application(desk), base_url=BASE, raise_server_exceptions=False) as client:
        client.get("/enter", params={"token": desk.sessions.new_link()})
        desk.reading = break_down  # type: ignore[method-assign, assignment]
        answer = client.get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_too_much_is_not_read(browser: Browser, ledger: Ledger) -> None:
    answer = browser.client.post(
        "/language",
        data={"csrf": browser.token, "to": "x" * 200_000},
        headers={"origin": BASE},
    )
    assert answer.status_code == 413


def test_without_a_ledger_it_says_so(browser: Browser) -> None:
    answer = browser.client.get("/")
    assert answer.status_code == 503
    assert "`mailbridge run` creates it." in answer.text


def test_more_files_than_anybody_chooses_are_too_much_in_words(
    browser: Browser, ledger: Ledger
) -> None:
    files = [("files", (f"{number}.eml", b"x")) for number in range(1_001)]
    answer = browser.client.post(
        "/workbench", data={"csrf": browser.token}, files=files, headers={"origin": BASE}
    )
    assert (answer.status_code, "Nothing was changed" in answer.text) == (413, True)


def test_a_browser_that_goes_while_it_sends_is_no_defect(browser: Browser, ledger: Ledger) -> None:
    cookie = f"{browser.desk.cookie}={browser.client.cookies[browser.desk.cookie]}"
    given = {"host": "127.0.0.1:8026", "origin": BASE, "cookie": cookie}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/workbench",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    sent = iter(
        [{"type": "http.request", "body": b"abc", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> MutableMapping[str, Any]:
        return next(sent)

    async def send(_message: MutableMapping[str, Any]) -> None:
        pass

    async def answer() -> None:
        await make_application(browser.desk)(scope, receive, send)

    # In a thread of its own: the browser's tests leave a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answer()).result()  # raises nothing
