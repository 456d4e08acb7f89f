"""What a person does in another process reaches the daemon by the ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbridge.daemon.wishes import Wishes
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import Word
from mailbridge.outcomes import Outcome
from tests.ledger.making import mail

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """One mail of the inbox `sales` is for review."""
    with Ledger.open(url) as ledger:
        ledger.record([mail(1, outcome=Outcome.INCOMPLETE)], None, NOW)
        yield ledger


def test_each_wish_is_heeded_once(ledger: Ledger, url: str) -> None:
    done: list[str] = []
    wishes = Wishes(
        ledger,
        ["branch", "sales"],
        send=lambda: done.append("send"),
        mark=lambda: done.append("mark"),
        poll=done.append,
    )
    wishes.look()
    assert not done
    with Ledger.open(url) as other:
        other.retry(1, NOW)
    wishes.look()
    assert done == ["send", "mark", "sales"]
    wishes.look()
    assert done == ["send", "mark", "sales"]


def test_a_word_of_a_person_needs_no_poll(ledger: Ledger) -> None:
    done: list[str] = []
    wishes = Wishes(
        ledger, ["sales"], send=list, mark=lambda: done.append("mark"), poll=done.append
    )
    ledger.resolve(1, Word.SENT, NOW)
    wishes.look()
    assert done == ["mark"]
