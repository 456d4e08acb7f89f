"""The sandbox over real HTTP on loopback."""

import json
import socket
import threading
import time
from http.client import HTTPConnection, RemoteDisconnected
from urllib.parse import urlsplit

import pytest

from mailbridge.errors import MailbridgeError
from mailbridge.sandbox.book import Seen
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox

KEY = "kite-7f3a9c"
LEAD = {"sender_message": "Grüezi <b>", "date": 1_700_000_000, "property_id": "p1"}
HEADERS = {"X-API-KEY": KEY, "Content-Type": "application/json"}


@pytest.fixture
def sandbox():
    with Sandbox(key=KEY) as running:
        yield running


class Client(HTTPConnection):
    """Asks and reads the whole answer."""

    def ask(self, method, path, body=None, headers=None):
        self.request(method, path, body, headers or {})
        response = self.getresponse()
        return response, response.read()

    def send_lead(self, lead=LEAD, headers=HEADERS):
        response, body = self.ask("POST", "/api/v1/lead", json.dumps(lead).encode(), headers)
        return response.status, json.loads(body) if body else None


@pytest.fixture
def http(sandbox):
    parts = urlsplit(sandbox.url)
    client = Client(parts.hostname, parts.port, timeout=60)
    yield client
    client.close()


def test_a_lead_is_stored_and_answered_as_in_the_contract(sandbox, http):
    status, answer = http.send_lead()
    assert (status, answer) == (
        200,
        {"success": True, "id": "sandbox-1", "message": "Lead saved successfully."},
    )
    assert [(lead.id, lead.lead) for lead in sandbox.leads] == [("sandbox-1", LEAD)]
    assert sandbox.requests == (Seen(method="POST", path="/api/v1/lead", status=200),)


def test_leads_keep_their_order_and_their_ids_on_one_connection(sandbox, http):
    for number in range(5):
        http.send_lead({**LEAD, "property_id": f"p{number}"})
    assert [lead.id for lead in sandbox.leads] == [f"sandbox-{n}" for n in range(1, 6)]
    assert [lead.lead["property_id"] for lead in sandbox.leads] == [f"p{n}" for n in range(5)]


@pytest.mark.parametrize("key", [None, "", "wrong", KEY.upper()])
def test_a_wrong_key_is_401(sandbox, http, key):
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"X-API-KEY": key})
    status, answer = http.send_lead(headers=headers)
    assert status == 401
    assert answer == {"success": False, "message": "The X-API-KEY is missing or wrong."}
    assert sandbox.leads == ()


def test_a_broken_contract_is_422_with_every_reason(sandbox, http):
    status, answer = http.send_lead({"date": "1700000000", "property_id": "p1"})
    assert status == 422
    assert answer["success"] is False
    assert len(answer["message"]) == 2
    assert sandbox.leads == ()
    assert sandbox.requests[0].status == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/lead", 405),
        ("PUT", "/api/v1/lead", 405),
        ("DELETE", "/leads", 405),
        ("HEAD", "/", 405),
        ("POST", "/leads", 405),
        ("POST", "/api/v2/lead", 404),
        ("GET", "/favicon.ico", 404),
    ],
)
def test_elsewhere_is_404_or_405(sandbox, http, method, path, status):
    response, _ = http.ask(method, path, b"" if method == "POST" else None)
    assert response.status == status
    assert ("Allow" in response.headers) == (status == 405)
    assert sandbox.requests == (Seen(method=method, path=path, status=status),)


def test_people_and_programs_can_look(http):
    http.send_lead()
    _, body = http.ask("GET", "/leads")
    assert [(lead["id"], lead["lead"]) for lead in json.loads(body)] == [("sandbox-1", LEAD)]
    response, body = http.ask("GET", "/")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Grüezi &lt;b&gt;" in body.decode()


@pytest.mark.parametrize(
    ("step", "status", "body", "stored"),
    [
        ("503", 503, "Told to answer 503.", 0),
        ("201", 201, "sandbox-1", 1),
        ("204", 204, "", 1),
        ("html", 200, "<h1>Thank you</h1>", 1),
        ("empty", 200, "", 1),
        ("text", 200, "Thank you", 1),
        ("list", 200, '["sandbox-1"]', 1),
        ("success-false", 200, '"success": false', 0),
        ("redirect", 307, "Told to redirect.", 0),
        ("slow=0.01", 200, "sandbox-1", 1),
        ("ok", 200, "sandbox-1", 1),
    ],
)
def test_each_step_that_answers(sandbox, http, step, status, body, stored):
    sandbox.plan = parse_plan(step)
    response, said = http.ask("POST", "/api/v1/lead", json.dumps(LEAD).encode(), HEADERS)
    assert response.status == status
    assert body in said.decode()
    assert (body == "") == (said == b"")
    assert len(sandbox.leads) == stored
    assert sandbox.plan == ()
    assert http.send_lead()[0] == 200  # on the same connection, and well again


@pytest.mark.parametrize(("step", "stored"), [("drop-before", 0), ("drop-after", 1)])
def test_each_step_that_hangs_up(sandbox, http, step, stored):
    sandbox.plan = parse_plan(step)
    with pytest.raises(RemoteDisconnected):
        http.send_lead()
    assert len(sandbox.leads) == stored
    assert [seen.status for seen in sandbox.requests] == [0]


def test_retry_after_is_told(sandbox, http):
    sandbox.plan = parse_plan("429 retry-after=2")
    response, _ = http.ask("POST", "/api/v1/lead", json.dumps(LEAD).encode(), HEADERS)
    assert (response.status, response.headers["Retry-After"]) == (429, "2")


def test_a_step_that_would_store_keeps_to_key_and_contract(sandbox, http):
    sandbox.plan = parse_plan("html, drop-after")
    assert http.send_lead(headers={**HEADERS, "X-API-KEY": "x"})[0] == 401
    assert http.send_lead({})[0] == 422
    assert sandbox.leads == ()


def test_the_plan_can_be_changed_over_http(sandbox, http):
    sandbox.plan = parse_plan("hang")
    assert http.ask("POST", "/plan", b"503, ok")[0].status == 200
    assert [http.send_lead()[0] for _ in range(3)] == [503, 200, 200]
    response, body = http.ask("POST", "/plan", b"boom")
    assert response.status == 400
    assert "not understood" in json.loads(body)["message"]
    assert http.ask("GET", "/plan")[0].status == 405


@pytest.mark.parametrize("step", ["hang", "slow=3600"])
def test_what_hangs_ends_with_the_server(step):
    outcome = []
    with Sandbox(key=KEY, plan=parse_plan(step)) as sandbox:
        parts = urlsplit(sandbox.url)

        def send():
            client = Client(parts.hostname, parts.port, timeout=60)
            try:
                outcome.append(client.send_lead())
            except OSError as error:
                outcome.append(error)
            finally:
                client.close()

        thread = threading.Thread(target=send)
        thread.start()
        if step == "hang":
            sandbox.wait_for_requests(1, 30)
        else:
            sandbox.wait_for(1, 30)
        assert outcome == []
        began = time.monotonic()
    assert time.monotonic() - began < 25  # a client waits for longer
    thread.join(30)
    assert isinstance(outcome[0], OSError)


def test_an_idle_client_does_not_keep_the_server_from_ending():
    with Sandbox(key=KEY) as sandbox:
        parts = urlsplit(sandbox.url)
        client = Client(parts.hostname, parts.port, timeout=60)
        client.send_lead()
        bare = socket.create_connection((parts.hostname, parts.port), timeout=60)
        began = time.monotonic()
    assert time.monotonic() - began < 25  # a client waits for longer
    bare.close()
    client.close()


def test_a_hanging_request_ends_with_its_client(sandbox):
    others = set(threading.enumerate())  # of servers that serve other tests of this process
    sandbox.plan = parse_plan("hang")
    parts = urlsplit(sandbox.url)
    client = Client(parts.hostname, parts.port, timeout=60)
    client.request("POST", parts.path, json.dumps(LEAD).encode(), HEADERS)
    sandbox.wait_for_requests(1, 30)
    client.close()
    for thread in set(threading.enumerate()) - others:
        if "process_request_thread" in thread.name:
            thread.join(30)
            assert not thread.is_alive()


def test_waiting_is_for_the_event_and_has_an_end(sandbox, http):
    http.send_lead()
    assert sandbox.wait_for(1, 0) == sandbox.leads
    with pytest.raises(TimeoutError, match="1 of 2 leads"):
        sandbox.wait_for(2, 0.01)
    with pytest.raises(TimeoutError, match="1 of 2 requests"):
        sandbox.wait_for_requests(2, 0.01)


def test_the_journal_outlives_the_sandbox(tmp_path):
    journal = tmp_path / "leads.jsonl"
    for _ in range(2):
        with Sandbox(key=KEY, journal=journal) as sandbox:
            parts = urlsplit(sandbox.url)
            client = Client(parts.hostname, parts.port, timeout=60)
            client.send_lead()
            lines = journal.read_text(encoding="utf-8").splitlines()
            assert json.loads(lines[-1])["lead"] == LEAD  # written before the answer
            client.close()
    assert len(lines) == 2


def test_what_cannot_be_had_is_told(tmp_path, sandbox):
    port = urlsplit(sandbox.url).port
    with pytest.raises(MailbridgeError, match=f"Cannot listen on 127.0.0.1:{port}"):
        Sandbox(key=KEY, port=port, journal=tmp_path / "leads.jsonl").__enter__()
    with pytest.raises(MailbridgeError, match=r"leads\.jsonl: the journal cannot be written"):
        Sandbox(key=KEY, journal=tmp_path / "none" / "leads.jsonl").__enter__()
    with pytest.raises(ValueError, match="inside `with`"):
        _ = Sandbox(key=KEY).url


def test_it_listens_on_ipv6_too():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:  # a machine without IPv6
        with pytest.raises(MailbridgeError, match="Cannot listen on ::1"):
            Sandbox("::1", key=KEY).__enter__()
        return
    with Sandbox("::1", key=KEY) as sandbox:
        parts = urlsplit(sandbox.url)
        client = Client(parts.hostname, parts.port, timeout=60)
        assert client.send_lead()[0] == 200
        client.close()


def raw(sandbox, request):
    """Send bytes and return all that comes until the server hangs up."""
    parts = urlsplit(sandbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(request)
        said = b""
        while piece := connection.recv(65_536):
            said += piece
        return said


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"", 411),
        (b"Content-Length: -1\r\n", 411),
        (b"Content-Length: x\r\n", 411),
        (b"Transfer-Encoding: chunked\r\n", 411),
        (b"Content-Length: 1048577\r\n", 413),
        (b"Content-Length: 99999999999999999999\r\n", 413),
    ],
)
def test_a_body_without_a_sound_length_is_refused(sandbox, headers, status):
    said = raw(sandbox, b"POST /api/v1/lead HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in said


def test_a_request_cut_short_is_no_lead(sandbox):
    parts = urlsplit(sandbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(b"POST /api/v1/lead HTTP/1.1\r\nContent-Length: 500\r\n\r\n{")
    assert sandbox.wait_for_requests(1, 30)[0].status == 0
    assert sandbox.leads == ()


def test_curl_s_expect_is_answered(sandbox):
    body = json.dumps(LEAD).encode()
    head = (
        f"POST /api/v1/lead HTTP/1.1\r\nHost: x\r\nX-API-KEY: {KEY}\r\nExpect: 100-continue\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    parts = urlsplit(sandbox.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(head)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")  # curl waits for this
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_an_answer_leaves_in_one_piece(sandbox, http):
    """Two writes with Nagle's algorithm cost 40 ms each time."""
    http.connect()
    http.sock.sendall(b"POST /api/v1/lead HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
    piece = http.sock.recv(65_536)
    assert piece.startswith(b"HTTP/1.1 401 ")
    assert piece.endswith(b"}")


def test_it_says_nothing_on_stderr(sandbox, http, capfd):
    http.send_lead()
    http.ask("GET", "/nowhere")
    assert raw(sandbox, b"nonsense\r\n\r\n").startswith(b"<!DOCTYPE HTML")
    assert capfd.readouterr() == ("", "")


def test_many_clients_at_once(sandbox):
    parts = urlsplit(sandbox.url)

    def send():
        client = Client(parts.hostname, parts.port, timeout=60)
        for _ in range(20):
            client.send_lead()
        client.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    leads = sandbox.wait_for(160, 60)
    for thread in threads:
        thread.join(30)
    assert len({lead.id for lead in leads}) == 160
