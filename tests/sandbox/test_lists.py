"""The sandbox's lists: paged as documented, strict about what is asked."""

import json
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.lists import LISTINGS_PATH, PROMOTIONS_PATH, give_page, read_lists
from mailbridge.sandbox.server import Sandbox

ENTRIES = [{"id": str(n), "reference": f"R{n}"} for n in range(250)]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", range(100)),
        ("per_page=100&page=3", range(200, 250)),
        ("per_page=7&page=2&lang=fr", range(7, 14)),
        ("page=4", ()),
    ],
)
def test_pages(query, ids):
    assert give_page(ENTRIES, query) == ([ENTRIES[n] for n in ids], [])


@pytest.mark.parametrize(
    "query",
    [
        "per_page=101",
        "per_page=0",
        "per_page=",
        "per_page=ten",
        "page=0",
        "page=-1",
        "page=²",
        "size=3",
        "page=1&page=2",
    ],
)
def test_what_is_not_documented_is_refused(query):
    page, wrong = give_page(ENTRIES, query)
    assert page == []
    assert len(wrong) == 1


@pytest.mark.parametrize("path", [LISTINGS_PATH, PROMOTIONS_PATH])
def test_over_http_with_the_key_alone(path):
    with Sandbox(key="kite") as server:
        server.lists[path] = ENTRIES
        client = HTTPConnection(urlsplit(server.base).netloc, timeout=60)
        for key, query, status in (("", "", 401), ("kite", "?page=x", 422), ("kite", "", 200)):
            client.request("GET", path + query, headers={"X-API-KEY": key})
            response = client.getresponse()
            body = json.loads(response.read())
            assert response.status == status
        assert body == {"data": ENTRIES[:100]}
        client.close()


def test_lists_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "lists.json"
    file.write_text('{"listings": [{"id": "a"}]}')
    assert read_lists(file) == {LISTINGS_PATH: [{"id": "a"}], PROMOTIONS_PATH: []}


@pytest.mark.parametrize("content", ["", "[]", '{"listings": 1}', '{"promotions": ["a"]}'])
def test_a_bad_file_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "lists.json"
    file.write_text(content)
    with pytest.raises(MailbridgeError, match=r"lists\.json"):
        read_lists(file)
    with pytest.raises(MailbridgeError, match="cannot be read"):
        read_lists(tmp_path / "none.json")
