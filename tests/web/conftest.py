"""The pages as they are: the real application on a real ledger, asked over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mailbridge.app import App
from mailbridge.documents.settings import LedgerSettings, Settings
from mailbridge.ledger.ledger import Ledger
from mailbridge.web.application import make_application
from mailbridge.web.desk import Desk

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BASE = "http://127.0.0.1:8026"


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


@pytest.fixture
def desk(ledger_url: str) -> Iterator[Desk]:
    """A desk in the year of the tests, at a ledger that need not be there."""
    app = App(settings=Settings(ledger=LedgerSettings(url=ledger_url)))
    made = Desk(app=app, clock=lambda: NOW)
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


Recorder = Callable[..., int]
