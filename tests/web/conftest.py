"""The pages as they are: the real application on a real ledger, asked over HTTP."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Request, expect
from playwright.sync_api import Page as PlaywrightPage
from starlette.testclient import TestClient

from mailbridge.app import App
from mailbridge.documents.destinations import DestinationSettings
from mailbridge.documents.settings import InboxSettings, LedgerSettings, Settings
from mailbridge.ledger.ledger import Ledger
from mailbridge.web.application import make_application
from mailbridge.web.desk import Desk
from mailbridge.workbench.worker import Worker
from tests.servers.chromium import running_chromium
from tests.servers.pages import Pages, running_pages
from tests.web.estate import furnish

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
Scheme = Literal["light", "dark"]
OpenWindow = Callable[..., "Window"]
BASE = "http://127.0.0.1:8026"

expect.set_options(timeout=30_000)  # two cores may be busy with other tests


@pytest.fixture(autouse=True)
def patient_workbench(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that pauses is no slow rule; the worker's own tests say what is given up."""
    patient = partial(Worker, budget=60.0, patience=90.0)
    monkeypatch.setattr("mailbridge.workbench.sitting.Worker", patient)


@dataclass
class Browser:
    """A client that is logged in and behaves as a browser does."""

    client: TestClient
    desk: Desk

    def get(self, path: str, **headers: str) -> str:
        """The page at a path, which must be there."""
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    @property
    def token(self) -> str:
        """The CSRF token that the pages hold."""
        cookie = self.client.cookies.get(self.desk.cookie)
        session = self.desk.sessions.find(cookie or "", self.desk.clock())
        assert session is not None
        return session.csrf

    def post(self, path: str, **fields: str) -> str:
        """Send a form as one of our pages does; the page that is shown then."""
        answer = self.client.post(
            path, data={"csrf": self.token, **fields}, headers={"origin": BASE}
        )
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def ledger_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger, open beside the pages as a daemon would have it."""
    with Ledger.open(ledger_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger after a month, made once; see `estate`."""
    path = tmp_path_factory.mktemp("estate") / "ledger.db"
    with Ledger.open(f"sqlite:///{path}") as ledger:
        furnish(ledger, NOW)
    return path


@pytest.fixture
def estate(furnished: Path, tmp_path: Path, ledger_url: str) -> Iterator[Ledger]:
    """A copy of that ledger, for this test alone."""
    shutil.copy(furnished, tmp_path / "ledger.db")
    with Ledger.open(ledger_url) as opened:
        yield opened


def inbox_called(name: str) -> InboxSettings:
    """An inbox of the settings."""
    given = {"name": name, "host": "imap.example.org", "user": f"{name}@agency.example"}
    return InboxSettings.model_validate({**given, "password": "secret"})


@pytest.fixture
def desk(ledger_url: str) -> Iterator[Desk]:
    """A desk in the year of the tests, at a ledger that need not be there."""
    settings = Settings(
        destination=DestinationSettings.model_validate({"key": "secret-key"}),
        ledger=LedgerSettings(url=ledger_url),
        inboxes=(inbox_called("sales"), inbox_called("rent")),
    )
    made = Desk(app=App(settings=settings), clock=lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def stranger(desk: Desk) -> Iterator[TestClient]:
    """A client that nobody let in."""
    with TestClient(make_application(desk), base_url=BASE) as client:
        yield client


@pytest.fixture
def browser(desk: Desk, stranger: TestClient) -> Browser:
    """A client that came in through a login link."""
    answer = stranger.get("/enter", params={"token": desk.sessions.new_link()})
    assert answer.status_code in {200, 503}  # 503: there is no ledger
    return Browser(stranger, desk)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """One browser for all tests of this process."""
    try:
        with running_chromium() as started:
            yield started
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def pages(desk: Desk) -> Iterator[Pages]:
    """The pages on a port of their own."""
    with running_pages(desk) as served:
        yield served


@dataclass
class Window:
    """A browser window that is logged in, and what went wrong in it."""

    page: PlaywrightPage
    base: str
    wrong: list[str]
    """Violations of the policy, errors of scripts, dialogs, requests to elsewhere."""

    def open(self, path: str) -> PlaywrightPage:
        self.page.goto(f"{self.base}{path}")
        return self.page


@pytest.fixture
def open_window(chromium: Chromium, pages: Pages) -> Iterator[OpenWindow]:
    """Open windows: of that size, light or dark, in a language."""
    contexts: list[BrowserContext] = []

    def open_one(
        width: int = 1280, height: int = 860, scheme: Scheme = "light", language: str = "en"
    ) -> Window:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale=language,
            has_touch=width < 600,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(45_000)
        page = context.new_page()
        window = Window(page, pages.base, [])
        note_what_goes_wrong(page, window.wrong, pages.base)
        page.goto(pages.login_link())
        return window

    yield open_one
    for context in contexts:
        context.close()


def note_what_goes_wrong(page: PlaywrightPage, wrong: list[str], base: str) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            wrong.append(f"console: {message.text}")

    def on_dialog(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def on_request(request: Request) -> None:
        if not request.url.startswith((f"{base}/", "data:", "blob:")):
            # What a policy refuses is announced, too, but never leaves.
            kind = "refused" if request.failure == "csp" else "request"
            wrong.append(f"{kind}: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("dialog", on_dialog)
    page.on("requestfinished", on_request)
    page.on("requestfailed", on_request)
