"""The index of the CRM's lists: read over HTTP, kept in a file, replaced whole or not at all."""

import json
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailbridge.delivery.listings import Entries, ListingApi, Unread
from mailbridge.leads.catalogue import Fit, Known, KnownPromotion, Unknown
from mailbridge.listings import (
    KEPT,
    ListingIndex,
    NotRefreshed,
    Refreshed,
    Refresher,
    Source,
)
from mailbridge.sandbox.lists import LISTINGS_PATH, PROMOTIONS_PATH
from mailbridge.sandbox.server import Sandbox
from tests.servers.proxy import Call, Cut, Proxy, Replace, Reply, Side, before_sandbox

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
KEY = "test-key"


def listings(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [
        {"id": f"l{n}", "reference": f"REF-{n}", "promotion_reference": None, "zip": 1200}
        for n in range(first, first + count)
    ]


@pytest.fixture
def crm() -> Iterator[Sandbox]:
    with Sandbox(key=KEY) as server:
        server.lists[LISTINGS_PATH] = listings(250)
        yield server


@pytest.fixture
def proxy(crm: Sandbox) -> Iterator[Proxy]:
    """What stands between us and the CRM's lists."""
    with before_sandbox(crm) as between:
        yield between


@pytest.fixture
def api() -> Iterator[ListingApi]:
    client = ListingApi(KEY)
    yield client
    client.close()


def source(base: str) -> Source:
    return Source(listings=base + LISTINGS_PATH, promotions=base + PROMOTIONS_PATH)


def base_of(proxy: Proxy) -> str:
    return f"http://127.0.0.1:{proxy.port}"


@pytest.fixture
def index(tmp_path: Path, crm: Sandbox) -> ListingIndex:
    return ListingIndex(tmp_path / "state" / "listings.json", source(crm.base))


def asked(crm: Sandbox) -> list[str]:
    return [request.path.partition("?")[2] for request in crm.requests]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 10_000])
def test_a_list_of_any_length_is_read_to_its_end(crm: Sandbox, api: ListingApi, count: int) -> None:
    crm.lists[LISTINGS_PATH] = listings(count)
    told = api.read_list(crm.base + LISTINGS_PATH)
    assert isinstance(told, Entries)
    assert [entry.id for entry in told.all] == [f"l{n}" for n in range(count)]
    assert asked(crm)[0] == "per_page=100&page=1"
    # A first page that is not full may be a server's own, smaller measure.
    assert len(asked(crm)) == count // 100 + 1 + (0 < count < 100)


def test_a_server_that_gives_smaller_pages_is_read_to_its_end(
    proxy: Proxy, crm: Sandbox, api: ListingApi
) -> None:
    proxy.rule(
        Side.CLIENT, rb"per_page=100", Replace(lambda p: p.replace(b"=100", b"=30")), times=None
    )
    told = api.read_list(base_of(proxy) + LISTINGS_PATH)
    assert isinstance(told, Entries)
    assert len(told.all) == 250


def test_a_server_that_ignores_the_page_is_no_list_unless_it_is_short(
    proxy: Proxy, crm: Sandbox, api: ListingApi
) -> None:
    proxy.rule(
        Side.CLIENT, rb"[?&]page=\d", Replace(lambda p: p.replace(b"page=2", b"page=1")), times=None
    )
    told = api.read_list(base_of(proxy) + LISTINGS_PATH)
    assert isinstance(told, Unread)
    assert "page 2 repeats" in told.reason
    crm.lists[LISTINGS_PATH] = listings(7)
    told = api.read_list(base_of(proxy) + LISTINGS_PATH)
    assert isinstance(told, Entries)
    assert len(told.all) == 7


ANSWER = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s"


def answer(body: bytes, status: bytes = b"200 OK") -> Reply:
    return Reply(lambda _: ANSWER % (status, len(body), body))


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (answer(b"", b"503 Service Unavailable"), "page 2 was answered with status 503"),
        (answer(b"", b"302 Found"), "status 302"),
        (answer(b"", b"401 Unauthorized"), "the key was refused; check listings.key"),
        (answer(b"<html>"), "page 2 is no JSON"),
        (answer(b"[" * 100_000), "page 2 is no JSON"),
        (answer(b"[]"), "holds no list 'data'"),
        (answer(b'{"data": {}}'), "holds no list 'data'"),
        (answer(b'{"data": [{"reference": "A"}]}'), "an entry without an id"),
        (answer(b'{"data": ["A"]}'), "an entry without an id"),
        (Cut(), "page 2: the connection was closed"),
        (Cut(reset=True), "page 2: the connection was closed"),
    ],
)
def test_a_page_that_fails_in_the_middle_keeps_the_old_index(
    tmp_path: Path, proxy: Proxy, crm: Sandbox, api: ListingApi, act: Any, said: str
) -> None:
    index = ListingIndex(tmp_path / "listings.json", source(base_of(proxy)))
    assert isinstance(index.refresh(api, NOW), Refreshed)
    crm.lists[LISTINGS_PATH] = listings(300, first=1000)
    proxy.rule(Side.CLIENT, rb"[?&]page=2", act)
    told = index.refresh(api, NOW + timedelta(hours=6))
    assert isinstance(told, NotRefreshed)
    assert said in told.reason
    assert KEY not in told.reason
    known = index.catalogue()
    assert known is not None
    assert known.taken == NOW
    assert known.find("REF-249") == Known("REF-249", Fit.EXACT)
    assert known.find("REF-1000") == Unknown()
    assert isinstance(index.refresh(api, NOW + timedelta(hours=6)), Refreshed)


def test_a_list_of_promotions_that_fails_keeps_the_old_index_too(
    tmp_path: Path, proxy: Proxy, api: ListingApi
) -> None:
    index = ListingIndex(tmp_path / "listings.json", source(base_of(proxy)))
    proxy.rule(Side.CLIENT, rb"/promotions", answer(b"", b"500 Oops"))
    assert isinstance(index.refresh(api, NOW), NotRefreshed)
    assert index.catalogue() is None
    assert list(tmp_path.iterdir()) == []


def test_what_changes_while_it_is_read_is_neither_doubled_nor_forgotten(
    tmp_path: Path, proxy: Proxy, crm: Sandbox, api: ListingApi
) -> None:
    index = ListingIndex(tmp_path / "listings.json", source(base_of(proxy)))
    assert isinstance(index.refresh(api, NOW), Refreshed)

    def take_down(_: bytes) -> None:
        crm.lists[LISTINGS_PATH] = crm.lists[LISTINGS_PATH][1:]  # the next page begins one later

    def put_up(_: bytes) -> None:
        crm.lists[LISTINGS_PATH] = [*listings(1, first=900), *crm.lists[LISTINGS_PATH]]

    proxy.rule(Side.CLIENT, rb"[?&]page=2", Call(take_down))
    told = index.refresh(api, NOW + timedelta(hours=6))
    assert isinstance(told, Refreshed)
    assert (told.listings, told.kept) == (249, 1)  # one slipped through, and is still known
    proxy.rule(Side.CLIENT, rb"[?&]page=2", Call(put_up))
    told = index.refresh(api, NOW + timedelta(hours=12))
    assert isinstance(told, Refreshed)
    known = index.catalogue()
    assert known is not None
    assert {f"REF-{n}" for n in range(250)} == {li.reference for li in known.listings}


def test_what_was_taken_down_is_known_for_a_month(
    index: ListingIndex, crm: Sandbox, api: ListingApi
) -> None:
    index.refresh(api, NOW)
    crm.lists[LISTINGS_PATH] = listings(10)
    index.refresh(api, NOW + KEPT)
    assert find(index, "REF-99") == Known("REF-99", Fit.EXACT)
    index.refresh(api, NOW + KEPT + timedelta(days=1))
    assert find(index, "REF-99") == Unknown()
    assert find(index, "REF-9") == Known("REF-9", Fit.EXACT)


def test_a_listing_that_was_renamed_has_its_new_name_alone(
    index: ListingIndex, crm: Sandbox, api: ListingApi
) -> None:
    index.refresh(api, NOW)
    crm.lists[LISTINGS_PATH] = [{"id": "l0", "reference": "ref-0 "}, *listings(9, first=1)]
    index.refresh(api, NOW)
    assert find(index, "REF-0") == Known("ref-0 ", Fit.FOLDED)


def find(index: ListingIndex, reference: str) -> object:
    known = index.catalogue()
    assert known is not None
    return known.find(reference)


def test_a_list_that_shrinks_to_nothing_is_not_believed(
    index: ListingIndex, crm: Sandbox, api: ListingApi
) -> None:
    crm.lists[LISTINGS_PATH] = []
    told = index.refresh(api, NOW)
    assert isinstance(told, NotRefreshed)
    assert "empty" in told.reason
    assert index.catalogue() is None
    crm.lists[LISTINGS_PATH] = listings(3)
    assert isinstance(index.refresh(api, NOW), Refreshed)
    crm.lists[LISTINGS_PATH] = []
    assert isinstance(index.refresh(api, NOW), NotRefreshed)
    assert find(index, "REF-2") == Known("REF-2", Fit.EXACT)


def test_promotions_and_odd_values_are_taken_as_they_are(
    index: ListingIndex, crm: Sandbox, api: ListingApi
) -> None:
    crm.lists[LISTINGS_PATH] = [
        {"id": 7, "reference": 4412, "promotion_reference": "PARC"},
        {"id": "x", "reference": None},
        {"id": "y", "reference": ["A"]},
    ]
    crm.lists[PROMOTIONS_PATH] = [{"id": 9, "reference": "PARC"}]
    index.refresh(api, NOW)
    assert find(index, "4412") == Known("4412", Fit.EXACT)
    assert find(index, "parc") == KnownPromotion("9")
    known = index.catalogue()
    assert known is not None
    assert known.has_listing("7")
    assert known.has_listing("x")


def test_the_file_is_replaced_whole_for_its_user_alone_and_seen_by_others_at_once(
    index: ListingIndex, crm: Sandbox, api: ListingApi
) -> None:
    other = ListingIndex(index.path, index.source)
    assert other.catalogue() is None
    index.refresh(api, NOW)
    assert find(other, "REF-1") == Known("REF-1", Fit.EXACT)
    assert stat.S_IMODE(index.path.stat().st_mode) == 0o600
    assert [p.name for p in index.path.parent.iterdir()] == ["listings.json"]
    assert other.catalogue() is other.catalogue()  # read once


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format": 2}',
        b"[" * 100_000,
        b'{"format": 1, "source": null, "taken": "2026-11-23"}',
    ],
)
def test_a_damaged_index_counts_as_none_and_is_made_anew(
    index: ListingIndex, api: ListingApi, content: bytes
) -> None:
    index.path.parent.mkdir()
    index.path.write_bytes(content)
    assert index.catalogue() is None
    assert index.due(NOW, timedelta(hours=6))
    assert isinstance(index.refresh(api, NOW), Refreshed)
    assert find(index, "REF-1") == Known("REF-1", Fit.EXACT)


def test_damage_inside_the_lists_counts_as_none(index: ListingIndex, api: ListingApi) -> None:
    index.refresh(api, NOW)
    told = json.loads(index.path.read_bytes())
    for rows in ([["a"]], [[1, 2, 3, 4]], 7, [["a", "b", "c", "never"]]):
        index.path.write_text(json.dumps({**told, "listings": rows}))
        assert ListingIndex(index.path, index.source).catalogue() is None, rows


def test_the_lists_of_another_crm_count_as_none(index: ListingIndex, api: ListingApi) -> None:
    index.refresh(api, NOW)
    elsewhere = Source(listings="https://listings.example.org/", promotions=None)
    assert ListingIndex(index.path, elsewhere).catalogue() is None


def test_a_folder_that_cannot_be_written_keeps_everything_as_it_is(
    tmp_path: Path, crm: Sandbox, api: ListingApi
) -> None:
    (tmp_path / "file").write_text("")
    index = ListingIndex(tmp_path / "file" / "listings.json", source(crm.base))
    told = index.refresh(api, NOW)
    assert isinstance(told, NotRefreshed)
    assert "cannot be written" in told.reason
    assert index.catalogue() is None


def test_lists_are_read_when_they_are_due_and_a_failure_is_tried_again(
    index: ListingIndex, crm: Sandbox
) -> None:
    refresher = Refresher(index, "wrong", None, timedelta(hours=6))
    assert refresher.look_every == timedelta(minutes=15)
    refresher.refresh_if_due(NOW, lambda: False)
    assert index.due(NOW, timedelta(hours=6))
    refresher = Refresher(index, KEY, None, timedelta(hours=6))
    assert KEY not in repr(refresher)
    refresher.refresh_if_due(NOW, lambda: True)  # it is ending: nothing is begun
    assert len(crm.requests) == 1
    refresher.refresh_if_due(NOW, lambda: False)
    before = len(crm.requests)
    refresher.refresh_if_due(NOW + timedelta(hours=5, minutes=59), lambda: False)
    assert len(crm.requests) == before
    refresher.refresh_if_due(NOW + timedelta(hours=6), lambda: False)
    assert len(crm.requests) == 2 * before - 1
    assert index.due(NOW - timedelta(days=1), timedelta(hours=6))  # the clock was set back


def test_a_refresh_ends_between_pages_when_it_is_told_to(crm: Sandbox, api: ListingApi) -> None:
    ending = threading.Event()

    def stopping() -> bool:
        if len(crm.requests) == 1:
            ending.set()
        return ending.is_set()

    told = api.read_list(crm.base + LISTINGS_PATH, stopping)
    assert told == Unread("mailbridge is ending")
    assert len(crm.requests) == 1
