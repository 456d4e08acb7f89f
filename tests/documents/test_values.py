from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbridge.documents.located import parse
from mailbridge.documents.shape import Shape, shape
from mailbridge.documents.values import (
    Day,
    Duration,
    Host,
    Line,
    ListenAddress,
    LocalPath,
    PresentPath,
    ProxyAddress,
    Size,
    Surroundings,
    WebAddress,
    is_loopback,
    parse_duration,
    parse_listen,
    parse_size,
    show_duration,
    show_size,
)
from mailbridge.documents.wording import UnfitError
from mailbridge.errors import BadDocument


class Values(Shape):
    day: Day | None = None
    duration: Duration = timedelta(0)
    size: Size = 0
    line: Line = "x"
    host: Host = "x"
    url: WebAddress = "x"
    proxy: ProxyAddress = "x"
    path: LocalPath = Path("x")
    present: PresentPath = Path("x")


def read(text: str, base: Path | None = None) -> Values:
    return shape(parse(text, "f"), Values, Surroundings(base, {}) if base else None)


def complaint(text: str, base: Path | None = None) -> str:
    with pytest.raises(BadDocument) as caught:
        read(text, base)
    (problem,) = caught.value.problems
    return f"{problem.text} {problem.remedy}".strip()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("5 m", 300),
        ("2h", 7200),
        ("7d", 604800),
        ("200ms", 0.2),
        ("1.5h", 5400),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "s", "-1s", "1 year", "1h30m", "12:30", "1e3", "٣s", "999999999d", "1.2345s", "1S"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UnfitError):
        parse_duration(text)


@settings(deadline=None)  # shared machines pause
@given(st.integers(0, 36500 * 86_400_000))
def test_a_duration_shown_is_read_back(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)
    shown = show_duration(length)
    if len(shown) < 11:  # nobody writes ten digits
        assert parse_duration(shown) == length


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1000", 1000),
        ("25 MB", 25_000_000),
        ("25mb", 25_000_000),
        ("1.5KB", 1500),
        ("2 GB", 2 * 10**9),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@settings(deadline=None)  # shared machines pause
@given(st.integers(0, 10**12))
def test_a_size_shown_is_read_back(size: int) -> None:
    assert parse_size(show_size(size).removesuffix(" B")) == size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("duration: soon", "'soon' is no duration. Write for example 90s, 5m, 2h or 7d."),
        (
            "duration: [1s]",
            (
                "A list stands where a duration such as 90s or 5m is wanted. "
                "Write a duration such as 90s or 5m."
            ),
        ),
        (
            "duration:",
            (
                "Nothing stands where a duration such as 90s or 5m is wanted. "
                "Write a duration such as 90s or 5m."
            ),
        ),
        ("size: 5 apples", "'5 apples' is no size. Write for example 25 MB or 300 KB."),
        (
            "day: 2026-02-30",
            "'2026-02-30' is no day of the calendar. Write year, month, day, as 2026-11-22.",
        ),
        (
            "day: 20261122",
            "'20261122' is no day of the calendar. Write year, month, day, as 2026-11-22.",
        ),
        (
            'line: "a\\r\\nb"',
            (
                "The text holds a line break or another control character. "
                "Write it on one line, without \\n, \\r or \\0."
            ),
        ),
        ("line: ' '", "The text is empty. Write the value between the quotes."),
        (
            "host: imaps://imap.example.org",
            (
                "'imaps://imap.example.org' is no name of a server. "
                "Write the bare name, as imap.example.org, without imap://, port or blanks."
            ),
        ),
        ("url: example", "This is no web address. Write for example https://www.example.org/."),
        (
            "url: http://example.org/",
            (
                "The address is not encrypted: http:// is for this machine (localhost) only. "
                "Write https://."
            ),
        ),
        (
            "url: https://u:p@example.org/",
            "The address holds a user or a password. Remove what stands before the @.",
        ),
        (
            "proxy: socks5://example.org",
            "This is no address of a proxy. Write http://proxy.example.org:3128.",
        ),
    ],
)
def test_complaints(text: str, expected: str) -> None:
    assert complaint(text) == expected


@pytest.mark.parametrize(
    "url",
    ["https://", "https://[::1/", "https://e.org:99999/", "https://e.org:0/", "https://e .org"],
)
def test_what_is_no_web_address(url: str) -> None:
    assert complaint(f"url: '{url}'").startswith("This is no web address.")


@pytest.mark.parametrize("host", ["a b", "a:993", "a/b", "-", "..", "a..b", "[::1]"])
def test_names_of_servers(host: str) -> None:
    if host == "-":
        assert read("host: '-'").host == "-"
    else:
        assert "is no name of a server" in complaint(f"host: '{host}'")


@pytest.mark.parametrize(
    "host", ["imap.example.org", "mail_1", "mél.example.org", "::1", "192.0.2.1"]
)
def test_servers(host: str) -> None:
    assert read(f"host: '{host}'").host == host


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("x.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_values_that_hold(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("")
    read_values = read(
        "day: 2026-11-22\nurl: http://localhost:8025/x\nproxy: http://u:p@example.org:3128\n"
        "path: later/file\npresent: here\n",
        tmp_path,
    )
    assert read_values.day == date(2026, 11, 22)
    assert read_values.url == "http://localhost:8025/x"
    assert read_values.path == tmp_path / "later" / "file"
    assert read_values.present == tmp_path / "here"


def test_paths_stay_relative_without_surroundings() -> None:
    assert read("path: a/b\npresent: c").path == Path("a/b")


def test_a_path_that_must_exist(tmp_path: Path) -> None:
    assert complaint("present: nope", tmp_path) == (
        f"There is no file or folder '{tmp_path}/nope'. "
        "Correct the path; one that is not absolute starts at the folder of this file."
    )


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert read("path: ~/x", tmp_path).path == Path("/home/somebody/x")
    expected = "'~' names no known home folder. Write the whole path."
    assert complaint("path: ~nosuchuser/x", tmp_path) == expected


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9108", "127.0.0.1", 9108),
        (" 127.8.0.1:1 ", "127.8.0.1", 1),
        ("localhost:65535", "127.0.0.1", 65535),
        ("[::1]:9108", "::1", 9108),
    ],
)
def test_an_address_to_listen_on(text: str, host: str, port: int) -> None:
    assert parse_listen(text) == ListenAddress(host, port)


@pytest.mark.parametrize(
    "text",
    ["", "9108", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:9108", "http://localhost:1"],
)
def test_what_is_no_address_to_listen_on(text: str) -> None:
    with pytest.raises(UnfitError, match="no address to listen on"):
        parse_listen(text)


@pytest.mark.parametrize("text", ["0.0.0.0:1", "10.0.0.1:1", "[::]:1", "example.org:1", "a b:1"])
def test_an_address_that_is_not_this_machine_alone(text: str) -> None:
    with pytest.raises(UnfitError):
        parse_listen(text)
