"""What a reply means, by literals."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from mailbridge.delivery.answer import Accepted, Busy, Failed, InDoubt, Rejected, Unauthorised
from mailbridge.delivery.reply import LONGEST_RETRY_AFTER, one_line, read_reply, retry_after

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def read(status, body=b"", headers=None, masks=None):
    return read_reply(status, headers or {}, body, now=NOW, masks=masks or {})


@pytest.mark.parametrize(
    ("body", "remote_id"),
    [
        (b'{"success": true, "id": "s87fdf54", "message": "ok"}', "s87fdf54"),
        (b'\xef\xbb\xbf{"success": true, "id": "x"}', "x"),
        (b'{"success": true, "id": 17}', "17"),
        (b'{"success": true, "id": 0}', "0"),
        (b'{"success": true, "id": true}', ""),
        (b'{"success": true, "id": null}', ""),
        (b'{"success": true, "id": ["x"]}', ""),
        (b'{"success": true, "id": "a\\u0000\\nb"}', "a b"),
        (b'{"success": "true", "id": "x"}', "x"),
        (b'{"success": null, "id": "x"}', "x"),
        (b'{"id": "x"}', "x"),
        (b'{"message": ["a", "b"]}', ""),
        (b"", ""),
        (b"OK", ""),
        (b"<html>Thank you</html>", ""),
        (b'[{"success": false}]', ""),
        (b"false", ""),
        (b"null", ""),
        (b'{"success": false', ""),
        (b"[" * 60_000, ""),
        (b"\xff\xfe\x00\xd8", ""),
        (b"9" * 60_000, ""),
    ],
)
def test_2xx_is_accepted(body, remote_id):
    assert read(200, body) == Accepted(status=200, remote_id=remote_id)
    assert read(299, body) == Accepted(status=299, remote_id=remote_id)


def test_an_endless_id_is_bounded():
    answer = read(200, b'{"id": "' + b"x" * 5_000 + b'"}')
    assert isinstance(answer, Accepted)
    assert len(answer.remote_id) == 200


@pytest.mark.parametrize("no", [b"false", b'"false"', b'"False"', b'"0"', b"0", b'"no"'])
def test_success_that_says_no_is_rejected(no):
    body = b'{"success": ' + no + b', "message": "Unknown property"}'
    assert read(200, body) == Rejected(status=200, excerpt="Unknown property")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Rejected),
        (304, Rejected),
        (400, Rejected),
        (401, Unauthorised),
        (402, Rejected),
        (403, Unauthorised),
        (404, Rejected),
        (407, Rejected),
        (408, Busy),
        (409, Rejected),
        (410, Rejected),
        (413, Rejected),
        (415, Rejected),
        (422, Rejected),
        (424, Rejected),
        (425, Busy),
        (426, Rejected),
        (429, Busy),
        (499, Rejected),
        (500, Failed),
        (503, Failed),
        (599, Failed),
        (600, Failed),
        (103, InDoubt),
    ],
)
def test_the_status_decides_whatever_the_body_says(status, kind):
    for body in (b"", b'{"success": true, "id": "x"}', b"\xff<"):
        assert isinstance(read(status, body), kind)


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        (b"", ""),
        (b"Too bad\r\n\tsaid the\x00server\x1b[31m", "Too bad said the server [31m"),
        (b'{"message": "No such property"}', "No such property"),
        (b'{"message": ["Wrong date", "No target"]}', "Wrong date; No target"),
        (b'{"message": {"date": ["x"]}}', '{"date": ["x"]}'),
        (
            b'{"message": "Invalid", "errors": {"date": ["must be int"]}}',
            'Invalid; {"date": ["must be int"]}',
        ),
        (b'{"error": "nope", "success": false}', "nope"),
        (b'{"code": 7}', '{"code": 7}'),
        (b'["one", "two"]', "one; two"),
        (b"[1]", "[1]"),
        (b"null", "null"),
        (b"{}", "{}"),
        (b'"plain"', "plain"),
        (
            b"<style>p</style><b>502 Bad&nbsp;Gateway</b><script>x</script><!-- y --><p>nginx",
            "502 Bad Gateway nginx",
        ),
        ("Ungültig".encode("latin-1"), "Ung�ltig"),
        (b'{"message": "a\\ud800b \\u202e c"}', "a b c"),
        (b"x" * 5_000, "x" * 300),
        (b"<" * 60_000, "<" * 300),
        (b"<script" * 9_000, "<script" * 42 + "<scrip"),
    ],
)
def test_an_excerpt_is_one_short_line_for_people(body, excerpt):
    assert read(422, body) == Rejected(status=422, excerpt=excerpt)


@pytest.mark.parametrize("status", [200, 302, 401, 422, 500])
def test_no_excerpt_holds_a_masked_value(status):
    masks = {"key": "kite-7f3a", "sender_email": "anne@example.org", "sender_lastname": "Lee"}
    body = b'{"success": false, "message": "ANNE@example.org: Lee, kite-7f3a, fleece"}'
    answer = read(status, body, {"Location": "/x?k=kite-7f3a"}, masks)
    assert not isinstance(answer, Accepted | Busy | InDoubt)
    assert "kite-7f3a" not in answer.excerpt
    assert "[key]" in answer.excerpt
    if status != 302:
        assert answer.excerpt == "[sender_email]: [sender_lastname], [key], fleece"


def test_a_value_over_several_lines_is_masked_too():
    assert one_line("said:  first\r\nsecond line!", {"m": "first\nsecond  line"}) == "said: [m]!"
    assert one_line("nothing", {"m": " \n"}) == "nothing"


def test_a_redirect_says_what_to_do():
    told = read(301, b"", {"Location": "https://example.org/new"})
    assert told == Rejected(
        status=301,
        excerpt="redirected to https://example.org/new; "
        "correct the destination's address in the settings",
    )
    assert "no address" in read(304).excerpt


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("2", 2.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("+5", 5.0),
        ("1.5", 1.0),
        ("-3", 0.0),
        ("000000000012", 12.0),
        ("86401", 86_400.0),
        ("9" * 5_000, 86_400.0),
        ("", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("1e9", None),
        ("٣", None),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 13:00:30 +0100", 30.0),
        ("Friday, 20-Nov-26 12:00:30 GMT", 30.0),
        ("Fri Nov 20 12:00:30 2026", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2099 11:00:00 GMT", 86_400.0),
        ("Fri, 99 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after(asked, seconds):
    assert retry_after({"Retry-After": asked}, NOW) == seconds
    assert read(429, b"", {"Retry-After": asked}) == Busy(status=429, retry_after=seconds)
    assert read(503, b"", {"Retry-After": asked}).retry_after == seconds


def test_a_date_counts_from_the_server_s_own_clock():
    headers = {
        "Retry-After": "Wed, 01 Jan 2020 00:01:00 GMT",
        "Date": "Wed, 01 Jan 2020 00:00:00 GMT",
    }
    assert retry_after(headers, NOW) == 60.0
    assert retry_after({**headers, "Date": "yesterday"}, NOW) == 0.0


@given(st.text(max_size=80) | st.from_regex(r"[A-Z][a-z]{2},? [0-9-]+ [A-Za-z]+ [0-9]+ [0-9:]+.*"))
def test_no_retry_after_breaks_anything(asked):
    seconds = retry_after({"Retry-After": asked, "Date": asked}, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_AFTER


@given(
    status=st.integers(100, 999),
    body=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    headers=st.dictionaries(st.sampled_from(["Retry-After", "Location", "Date"]), st.text()),
    mask=st.text(min_size=1, max_size=20),
)
def test_no_reply_breaks_anything(status, body, headers, mask):
    answer = read(status, body, CaseInsensitiveDict(headers), {"key": mask})
    excerpt = getattr(answer, "excerpt", "")
    assert len(excerpt) <= 300
    assert excerpt == "" or excerpt.isprintable()


@pytest.mark.parametrize(
    "quoted",
    [
        "Zoé Lee\nBonjour, le 3 « mai » ?",
        '{"m": "Zoé Lee\\nBonjour, le 3 « mai » ?"}',
        '{"m": "Zo\\u00e9 Lee\\nBonjour, le 3 \\u00ab mai \\u00bb ?"}',
        "row 1: Bonjour, le 3 « mai » ?",
        "/again?m=Zo%C3%A9%20Lee",
        "/again?m=Zo%C3%A9+Lee",
    ],
)
def test_a_masked_value_is_masked_in_whatever_form_it_is_quoted(quoted):
    told = one_line(quoted, {"m": "Zoé Lee\nBonjour, le 3 « mai » ?"})
    assert "[m]" in told
    assert not any(part in told for part in ("Lee", "Bonjour", "Zo", "mai"))
