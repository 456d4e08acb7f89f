"""The client over real HTTP: against the sandbox, and against servers that misbehave."""

import json
import socket
import ssl
import time
from dataclasses import replace

import pytest
import trustme

from mailbridge import __version__
from mailbridge.delivery.answer import (
    Accepted,
    Busy,
    Failed,
    InDoubt,
    Rejected,
    Unauthorised,
    Unreachable,
)
from mailbridge.delivery.exchange import Way
from mailbridge.delivery.realforce import Realforce
from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.plan import parse_plan

KEY = "kite-7f3a9c"
LEAD = {
    "sender_message": "Bonjour, je souhaite visiter l’appartement.\n\nAnne Muster",
    "date": 1_700_000_000,
    "sender_firstname": "Anne",
    "sender_lastname": "Muster",
    "sender_email": "anne@example.org",
    "sender_mail": "anne@example.org",
    "sender_number": "+41790000001",
    "property_reference": "AA1-5",
}
STORED = b'{"success": true, "id": "s1", "message": "Lead saved successfully."}'


# Every row of the table of answers, over the sandbox -------------------------


def test_a_lead_is_accepted_and_arrives_as_it_is(sandbox, client):
    assert client(sandbox.url).deliver(LEAD) == Accepted(status=200, remote_id="sandbox-1")
    assert [received.lead for received in sandbox.leads] == [LEAD]


@pytest.mark.parametrize("step", ["html", "empty", "text", "list", "204", "201 "])
def test_2xx_without_a_usable_body_is_accepted(sandbox, client, step):
    sandbox.plan = parse_plan(step)
    answer = client(sandbox.url).deliver(LEAD)
    assert isinstance(answer, Accepted)
    assert answer.remote_id == ("sandbox-1" if step == "201 " else "")
    assert len(sandbox.leads) == 1


@pytest.mark.parametrize("status", [400, 404, 409, 413, 415, 422, 402, 405, 410, 418, 451, 499])
def test_4xx_is_rejected(sandbox, client, status):
    sandbox.plan = parse_plan(str(status))
    expected = Rejected(status=status, excerpt=f"Told to answer {status}.")
    assert client(sandbox.url).deliver(LEAD) == expected


def test_success_false_is_rejected(sandbox, client):
    sandbox.plan = parse_plan("success-false")
    assert client(sandbox.url).deliver(LEAD) == Rejected(status=200, excerpt="Told to refuse.")
    assert sandbox.leads == ()


def test_a_lead_against_the_contract_is_rejected_with_its_reasons(sandbox, client):
    answer = client(sandbox.url).deliver({**LEAD, "date": "1700000000"})
    assert isinstance(answer, Rejected)
    assert answer.status == 422
    assert "date must be an integer" in answer.excerpt


def test_a_wrong_key_is_unauthorised_and_never_shown(sandbox, client):
    answer = client(sandbox.url, key="another-key").deliver(LEAD)
    assert answer == Unauthorised(status=401, excerpt="The X-API-KEY is missing or wrong.")


def test_403_is_unauthorised(sandbox, client):
    sandbox.plan = parse_plan("403")
    assert isinstance(client(sandbox.url).deliver(LEAD), Unauthorised)


@pytest.mark.parametrize("status", [408, 425, 429])
def test_come_back_later_is_busy(sandbox, client, status):
    sandbox.plan = parse_plan(f"{status} retry-after=2, {status}")
    one = client(sandbox.url)
    assert one.deliver(LEAD) == Busy(status=status, retry_after=2.0)
    assert one.deliver(LEAD) == Busy(status=status, retry_after=None)


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 599])
def test_5xx_is_failed(sandbox, client, status):
    sandbox.plan = parse_plan(f"{status} retry-after=7")
    answer = client(sandbox.url).deliver(LEAD)
    assert answer == Failed(status=status, excerpt=f"Told to answer {status}.", retry_after=7.0)
    assert len(sandbox.requests) == 1  # never again by itself


def test_a_redirect_is_rejected_and_not_followed(sandbox, client):
    sandbox.plan = parse_plan("redirect")
    answer = client(sandbox.url).deliver(LEAD)
    assert isinstance(answer, Rejected)
    assert answer.status == 307
    assert "redirected to /elsewhere" in answer.excerpt
    assert [seen.path for seen in sandbox.requests] == ["/api/v1/lead"]


def test_closed_without_an_answer_is_in_doubt_whether_stored_or_not(sandbox, client):
    sandbox.plan = parse_plan("drop-before, drop-after, ok")
    one = client(sandbox.url)
    for _ in range(2):
        answer = one.deliver(LEAD)
        assert isinstance(answer, InDoubt)
        assert "closed before an answer came" in answer.reason
    assert len(sandbox.leads) == 1
    assert isinstance(one.deliver(LEAD), Accepted)


def test_no_answer_in_time_is_in_doubt(sandbox, client):
    sandbox.plan = parse_plan("hang, ok")
    one = client(sandbox.url, timeouts=(30.0, 0.1))
    answer = one.deliver(LEAD)
    sandbox.wait_for_requests(1, 30)  # else the next one might be what hangs
    one._exchange._timeouts = (30.0, 30.0)
    assert isinstance(answer, InDoubt)
    assert "no answer in time" in answer.reason
    assert isinstance(one.deliver(LEAD), Accepted)


def test_a_slow_answer_is_waited_for(sandbox, client):
    sandbox.plan = parse_plan("slow=0.1")
    assert isinstance(client(sandbox.url).deliver(LEAD), Accepted)


# What goes over the wire -----------------------------------------------------


def test_the_request_is_json_in_utf8_with_the_contract_s_headers(raw_server, client):
    def script(talk):
        talk.read_request()
        talk.answer(STORED)

    server = raw_server(script)
    client(server.url).deliver(LEAD)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = {
        line.partition(b": ")[0].lower(): line.partition(b": ")[2] for line in head.split(b"\r\n")
    }
    assert head.startswith(b"POST /api/v1/lead HTTP/1.1\r\n")
    assert lines[b"x-api-key"] == KEY.encode()
    assert lines[b"content-type"] == b"application/json; charset=utf-8"
    assert lines[b"accept"] == b"application/json"
    assert lines[b"user-agent"] == f"mailbridge/{__version__}".encode()
    assert lines[b"content-length"] == str(len(body)).encode()
    assert json.loads(body) == LEAD
    assert "l’appartement".encode() in body


def test_the_environment_s_proxy_is_not_used_but_the_settings_one_is(
    raw_server, sandbox, client, monkeypatch
):
    def script(talk):
        talk.read_request()
        talk.answer(STORED)

    proxy = raw_server(script)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    assert client(sandbox.url).deliver(LEAD) == Accepted(status=200, remote_id="sandbox-1")
    assert proxy.requests == []
    through = client(sandbox.url, proxy=f"http://127.0.0.1:{proxy.port}")
    assert through.deliver(LEAD) == Accepted(status=200, remote_id="s1")
    assert proxy.requests[0].startswith(f"POST {sandbox.url} ".encode())


def test_a_proxy_that_refuses_the_tunnel_leaves_no_doubt(raw_server, client):
    def script(talk):
        talk.connection.recv(65_536)
        talk.say(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    proxy = raw_server(script)
    one = client("https://leads.example.org/api/v1/lead", proxy=f"http://127.0.0.1:{proxy.port}")
    answer = one.deliver(LEAD)
    assert isinstance(answer, Unreachable)
    assert answer.reason.startswith("leads.example.org, through the proxy: ")
    assert "407" in answer.reason


# Keep-alive ------------------------------------------------------------------


def serve_all(talk):
    while talk.read_request():
        talk.answer(STORED)


def test_one_connection_serves_many_leads(raw_server, client):
    server = raw_server(serve_all)
    one = client(server.url, reuse_for=3600)
    for _ in range(20):
        assert isinstance(one.deliver(LEAD), Accepted)
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 503 Sorry\r\nContent-Length: 2\r\n\r\n{}",
    ],
)  # fmt: skip
def test_the_connection_is_kept_after_any_complete_answer(raw_server, client, answer):
    def script(talk):
        while talk.read_request():
            talk.say(answer)

    server = raw_server(script)
    one = client(server.url, reuse_for=3600)
    first = one.deliver(LEAD)
    assert one.deliver(LEAD) == first
    assert isinstance(first, Accepted | Failed)
    assert server.connections == 1


def test_an_idle_connection_closed_by_the_server_costs_no_doubt(raw_server, client):
    def script(talk):
        talk.read_request()
        talk.answer(STORED)

    server = raw_server(script)
    one = client(server.url, reuse_for=3600)
    for number in range(1, 6):
        assert one.deliver(LEAD) == Accepted(status=200, remote_id="s1")
        assert server.closed.acquire(timeout=10)  # the server has hung up
        assert len(server.requests) == number


def test_an_idle_tls_connection_closed_by_the_server_costs_no_doubt(raw_server, client, tmp_path):
    def script(talk):
        talk.read_request()
        talk.answer(STORED)
        talk.connection.settimeout(0)
        talk.connection.unwrap()  # says goodbye in TLS's own way and does not wait for the reply

    server_side, ca_file = make_tls(tmp_path)
    server = raw_server(script, server_side)
    one = client(server.url, ca_file=ca_file, reuse_for=3600)
    for number in range(1, 4):
        assert one.deliver(LEAD) == Accepted(status=200, remote_id="s1")
        assert server.closed.acquire(timeout=10)
        assert len(server.requests) == number


def test_a_connection_idle_for_too_long_is_not_used_again(raw_server, client):
    server = raw_server(serve_all)
    one = client(server.url, reuse_for=-1)
    assert isinstance(one.deliver(LEAD), Accepted)
    assert isinstance(one.deliver(LEAD), Accepted)
    assert server.connections == 2


# Answers that no proper server gives -----------------------------------------


def test_a_reset_after_the_request_is_in_doubt(raw_server, client):
    def script(talk):
        talk.read_request()
        talk.reset()

    answer = client(raw_server(script).url).deliver(LEAD)
    assert isinstance(answer, InDoubt)
    assert "closed before an answer came" in answer.reason


def test_a_request_of_which_only_a_part_was_taken_is_in_doubt(raw_server, client):
    def script(talk):
        talk.connection.recv(100)
        talk.reset()

    large = {**LEAD, "sender_message": "x" * 8_000_000}
    assert isinstance(client(raw_server(script).url).deliver(large), InDoubt)


def test_a_server_that_does_not_read_the_request_is_in_doubt(raw_server, client):
    def script(talk):
        talk.connection.recv(1)
        talk.server.stopping.wait()

    large = {**LEAD, "sender_message": "x" * 16_000_000}
    answer = client(raw_server(script).url, timeouts=(0.3, 30.0)).deliver(large)
    assert isinstance(answer, InDoubt)
    assert "in time" in answer.reason


def test_what_is_not_http_is_in_doubt(raw_server, client):
    def script(talk):
        talk.read_request()
        talk.say(b"220 mail.example.org ESMTP\r\n")

    answer = client(raw_server(script).url).deliver(LEAD)
    assert isinstance(answer, InDoubt)
    assert "not HTTP" in answer.reason


def test_an_early_refusal_of_a_large_request_is_heard(raw_server, client):
    def script(talk):
        talk.connection.recv(100)
        talk.answer(b'{"message": "too large"}', "413 Too Large", "Connection: close\r\n")
        talk.until_gone()

    large = {**LEAD, "sender_message": "x" * 100_000}
    answer = client(raw_server(script).url).deliver(large)
    assert answer == Rejected(status=413, excerpt="too large")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"success\": fal", Accepted(status=200)),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Accepted(status=200)),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
         Accepted(status=200)),
        (b"HTTP/1.1 200 OK\r\nContent-", Accepted(status=200)),
        (b"HTTP/1.1 422 No\r\nContent-Length: 500\r\n\r\n{\"mess", Rejected(status=422)),
        (b"HTTP/1.1 503 No\r\nContent-Length: 500\r\n\r\n<h", Failed(status=503)),
        (b"HTTP/1.0 200 OK\r\n\r\n" + STORED, Accepted(status=200, remote_id="s1")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + STORED,
         Accepted(status=200, remote_id="s1")),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
         InDoubt(reason="the server sent the interim answer 101 and no final one")),
    ],
)  # fmt: skip
def test_once_the_status_came_it_decides(raw_server, client, said, expected):
    def script(talk):
        talk.read_request()
        talk.say(said)

    assert client(raw_server(script).url).deliver(LEAD) == expected


def test_a_body_that_drips_for_ever_ends_at_the_deadline(raw_server, client):
    def script(talk):
        talk.read_request()
        talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        talk.drip(b" ")

    began = time.monotonic()
    # Long enough for the status to come from a machine that pauses.
    answer = client(raw_server(script).url, deadline=4).deliver(LEAD)
    assert answer == Accepted(status=200)
    assert 3.9 < time.monotonic() - began < 60  # the drip goes on for hours


def test_a_header_that_drips_for_ever_is_in_doubt_at_the_deadline(raw_server, client):
    def script(talk):
        talk.read_request()
        talk.say(b"HTTP/1.1 200 OK\r\n")
        talk.drip(b"X-Header: 1\r\n")

    began = time.monotonic()
    answer = client(raw_server(script).url, deadline=0.4).deliver(LEAD)
    assert isinstance(answer, InDoubt)
    assert 0.3 < time.monotonic() - began < 60  # the drip goes on for hours


@pytest.mark.parametrize(
    "framing", [b"Connection: close\r\n\r\n", b"Content-Length: 99999999\r\n\r\n"]
)
def test_an_endless_body_is_cut_and_its_connection_dropped(raw_server, client, framing):
    def script(talk):
        talk.read_request()
        if talk.number > 1:
            talk.answer(STORED)
            return
        talk.say(b"HTTP/1.1 200 OK\r\n" + framing)
        while not talk.server.stopping.is_set():
            talk.say(b"x" * 65_536)

    server = raw_server(script)
    one = client(server.url)
    assert one.deliver(LEAD) == Accepted(status=200)
    assert one.deliver(LEAD) == Accepted(status=200, remote_id="s1")
    assert server.connections == 2


def test_an_excerpt_holds_neither_key_nor_the_enquirer_s_data(raw_server, client):
    def script(talk):
        request = talk.read_request()
        talk.answer(b"Cannot read: " + request, "400 Bad Request")

    answer = client(raw_server(script).url).deliver(LEAD)
    assert isinstance(answer, Rejected)
    for own in (KEY, "Anne", "Muster", "anne@example.org", "+41790000001"):
        assert own not in answer.excerpt
    assert "[key]" in answer.excerpt
    assert len(answer.excerpt) <= 300
    assert answer.excerpt.isprintable()


# Never reached the server ----------------------------------------------------


def test_refused_is_unreachable(client):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        port = taken.getsockname()[1]
        answer = client(f"http://127.0.0.1:{port}/api/v1/lead").deliver(LEAD)
    assert answer == Unreachable(reason=f"127.0.0.1:{port}: the connection was refused")


def test_an_unknown_name_is_unreachable(client, monkeypatch):
    def resolve(host, *_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)  # no network, no waiting for one
    answer = client("https://leads.invalid/api/v1/lead").deliver(LEAD)
    assert answer == Unreachable(reason="leads.invalid: the name cannot be resolved")


def test_no_connection_in_time_is_unreachable(client):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        held = []
        try:
            for _ in range(64):  # fill the queue until the kernel takes no more
                one = socket.socket()
                one.settimeout(0.2)
                held.append(one)
                try:
                    one.connect(address)
                except TimeoutError:
                    break
            else:
                pytest.fail("this system's queue of connections has no end")
            began = time.monotonic()
            answer = client(f"http://127.0.0.1:{address[1]}/", timeouts=(0.3, 30.0)).deliver(LEAD)
        finally:
            for one in held:
                one.close()
    assert isinstance(answer, Unreachable)
    assert "in time" in answer.reason
    assert time.monotonic() - began < 25


def make_tls(folder, name="127.0.0.1"):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    return context, str(ca_file)


def test_tls_with_an_own_authority_is_used(raw_server, client, tmp_path):
    context, ca_file = make_tls(tmp_path)
    server = raw_server(serve_all, context)
    one = client(server.url, ca_file=ca_file, reuse_for=3600)
    assert one.deliver(LEAD) == one.deliver(LEAD) == Accepted(status=200, remote_id="s1")
    assert server.connections == 1


def test_an_untrusted_certificate_is_unreachable(raw_server, client, tmp_path):
    context, _ = make_tls(tmp_path)
    server = raw_server(serve_all, context)
    answer = client(server.url).deliver(LEAD)
    assert isinstance(answer, Unreachable)
    assert "TLS certificate is not trusted" in answer.reason
    assert server.requests == []


def test_a_certificate_of_another_name_is_unreachable(raw_server, client, tmp_path):
    context, ca_file = make_tls(tmp_path, "leads.example.org")
    answer = client(raw_server(serve_all, context).url, ca_file=ca_file).deliver(LEAD)
    assert isinstance(answer, Unreachable)
    assert "not trusted" in answer.reason


def test_a_server_without_tls_is_unreachable_over_https(raw_server, client):
    def script(talk):
        talk.connection.recv(65_536)
        talk.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    answer = client(raw_server(script).url.replace("http:", "https:")).deliver(LEAD)
    assert isinstance(answer, Unreachable)
    assert "TLS failed" in answer.reason


@pytest.mark.parametrize("how", ["reset", "close", "hang"])
def test_a_handshake_that_breaks_off_is_unreachable(raw_server, client, how):
    def script(talk):
        talk.connection.recv(65_536)
        if how == "reset":
            talk.reset()
        if how == "hang":
            talk.until_gone()

    url = raw_server(script).url.replace("http:", "https:")
    assert isinstance(client(url, timeouts=(0.5, 30.0)).deliver(LEAD), Unreachable)


def test_tls_broken_off_after_the_request_is_in_doubt(raw_server, client, tmp_path):
    def script(talk):
        talk.read_request()  # then the bare connection is closed, without close_notify

    context, ca_file = make_tls(tmp_path)
    answer = client(raw_server(script, context).url, ca_file=ca_file).deliver(LEAD)
    assert isinstance(answer, InDoubt)


def test_a_ca_file_that_went_away_is_unreachable(raw_server, client, tmp_path):
    context, ca_file = make_tls(tmp_path)
    one = client(raw_server(serve_all, context).url, ca_file=ca_file)
    (tmp_path / "ca.pem").unlink()
    assert isinstance(one.deliver(LEAD), Unreachable)


# What can be known before the first lead -------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "leads.example.org",
        "ftp://leads.example.org/",
        "https://",
        "https://[::1/",
        "https://.example.org/",
    ],
)
def test_a_useless_address_is_told_at_once(url):
    with pytest.raises(MailbridgeError, match="no address to send leads to"):
        Realforce(Way(url=url, timeouts=(1, 1), deadline=1), KEY)


@pytest.mark.parametrize("key", ["", "two words", "line\n", "clé"])
def test_a_useless_key_is_told_at_once_but_not_shown(key):
    with pytest.raises(MailbridgeError, match="API key") as caught:
        Realforce(Way(url="https://leads.example.org/", timeouts=(1, 1), deadline=1), key)
    assert not key or key not in str(caught.value)


A_WAY = Way(url="https://a.example/", timeouts=(1, 1), deadline=1)


def test_a_useless_ca_file_is_told_at_once(tmp_path):
    empty = tmp_path / "ca.pem"
    with pytest.raises(MailbridgeError, match="cannot be read"):
        Realforce(replace(A_WAY, ca_file=str(empty)), KEY)
    empty.write_text("nothing")
    with pytest.raises(MailbridgeError, match="no PEM certificates"):
        Realforce(replace(A_WAY, ca_file=str(empty)), KEY)


def test_a_useless_proxy_is_told_at_once():
    with pytest.raises(MailbridgeError, match="proxy"):
        Realforce(replace(A_WAY, proxy="socks5://h:1"), KEY)
