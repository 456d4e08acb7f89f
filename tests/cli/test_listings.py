"""References held against the CRM's lists, from the settings to the lead that is sent."""

import json
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.lists import LISTINGS_PATH, PROMOTIONS_PATH
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import SECONDS, Cli, end
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox

START = "2000-01-01"


@pytest.fixture
def crm(api: Sandbox) -> Sandbox:
    api.lists[LISTINGS_PATH] = [
        {"id": f"l{n}", "reference": r} for n, r in enumerate(("A1-B2-0003", "X-9"))
    ]
    return api


def configure(cli: Cli, account: Account, crm: Sandbox, **listings: str) -> Path:
    file = cli.configure(account, crm, start=START)
    cli.environ["LISTINGS_KEY"] = "test-key"
    wanted = {
        "key": "{env: LISTINGS_KEY}",
        "url": crm.base + LISTINGS_PATH,
        "promotions_url": crm.base + PROMOTIONS_PATH,
        **listings,
    }
    lines = "".join(f"  {name}: {value}\n" for name, value in wanted.items())
    file.write_text(file.read_text() + f"listings:\n{lines}")
    return file


def problems(cli: Cli, *words: str) -> list[str]:
    told = json.loads(cli("dry-run", "one.eml", "--format", "jsonl", *words))
    return [p["code"] for p in told["problems"]]


def test_the_lists_are_read_by_hand_and_references_looked_up(
    cli: Cli, account: Account, crm: Sandbox
) -> None:
    configure(cli, account, crm)
    assert "have not been read yet" in cli("listings", code=1)
    assert "warning: " in (told := cli("check"))
    assert "no reference is held against them" in told
    told = cli("listings", "--refresh", "x-9", "A1.B2.0003", "Q")
    assert "2 listings and 0 promotions, read 20" in told
    rows = [line.split("\t") for line in told.splitlines()[2:]]
    assert rows == [
        ["x-9", "X-9", "known, written otherwise"],
        ["A1.B2.0003", "A1-B2-0003", "known, its parts joined otherwise"],
        ["Q", "Q", "not known in the CRM"],
    ]
    assert "References are held against 2 listings, read 20" in cli("check")
    assert (cli.folder / "listings.json").exists()  # beside the ledger
    crm.lists[LISTINGS_PATH] = []
    told = cli("listings", "--refresh", code=1)
    assert "list of listings is empty" in told
    assert "2 listings" in told  # what was known still is


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "null"}, "listings.key: No key of the listings API is set"),
        ({"key": "{env: NONE}"}, "NONE is not set"),
        ({"every": "5m"}, "The least is 15m"),
        ({"unknown_reference": "drop"}, "listings.unknown_reference"),
        ({"url": "http://listings.example.org/"}, "not encrypted"),
        ({"aliases": "none.yaml"}, "no file or folder"),
    ],
)
def test_mistakes_in_the_settings(
    cli: Cli, account: Account, crm: Sandbox, change: dict[str, str], said: str
) -> None:
    configure(cli, account, crm, **change)
    assert said in cli("listings", "--refresh", code=1)


def test_a_wrong_key_is_said_and_never_shown(cli: Cli, account: Account, crm: Sandbox) -> None:
    configure(cli, account, crm)
    cli.environ["LISTINGS_KEY"] = "wrong-3f9a"
    told = cli("listings", "--refresh", code=1)
    assert "the key was refused; check listings.key" in told
    assert "wrong-3f9a" not in told


def test_a_dry_run_says_what_is_unknown(cli: Cli, account: Account, crm: Sandbox) -> None:
    configure(cli, account, crm)
    (cli.folder / "one.eml").write_bytes(inquiry(reference="A9"))
    assert problems(cli) == []  # nothing is known yet
    cli("listings", "--refresh")
    assert problems(cli) == ["unknown_reference"]
    assert "not among the CRM's listings (2, read" in cli("dry-run", "one.eml", "--explain")
    (cli.folder / "one.eml").write_bytes(inquiry())
    assert problems(cli) == ["reference-respelt"]
    lead = json.loads(cli("dry-run", "one.eml", "--format", "jsonl"))
    assert lead["lead"]["property_reference"] == "A1-B2-0003"
    found = lead["fields"]["property_reference"]
    assert (found["value"], found["raw"]) == ("A1-B2-0003", "[A1.B2.0003]")


def test_an_alias_names_what_the_mail_does_not(cli: Cli, account: Account, crm: Sandbox) -> None:
    configure(cli, account, crm, key="null", aliases="aliases.yaml")
    table = cli.folder / "aliases.yaml"
    table.write_text("aliases:\n  - {portal: homegate.ch, number: 4000000001, reference: X-9}\n")
    (cli.folder / "one.eml").write_bytes(inquiry(reference=""))
    told = json.loads(cli("dry-run", "one.eml", "--format", "jsonl"))
    assert told["outcome"] == "lead"
    assert told["lead"]["property_reference"] == "X-9"
    assert told["fields"]["property_reference"]["pattern"].endswith("aliases.yaml:2:5")
    assert "Aliases of references: 1." in cli("check")
    table.write_text("aliases:\n  - {number: 4000000001}\n")
    told_wrong = cli("check", code=1)
    assert "aliases.yaml:2:" in told_wrong
    assert "reference" in told_wrong


def test_once_reads_the_lists_last_and_says_what_was_unknown(
    cli: Cli, account: Account, mailbox: Mailbox, crm: Sandbox
) -> None:
    configure(cli, account, crm)
    mailbox.append(inquiry(1, reference="A9"))
    cli("run", "--once")
    leads_first = [r.path.partition("?")[0] for r in crm.requests if r.method != "HEAD"]
    assert leads_first == ["/api/v1/lead", LISTINGS_PATH, LISTINGS_PATH, PROMOTIONS_PATH]
    assert "unknown" not in cli("show", "1")
    mailbox.append(inquiry(2, reference="A9"))
    mailbox.append(inquiry(3))
    cli("run", "--once")
    assert [lead.lead["property_reference"] for lead in crm.leads] == ["A9", "A9", "A1-B2-0003"]
    assert "not among the CRM's listings" in cli("show", "2")
    told = cli("show", "3")
    assert "as the CRM spells it" in told
    assert "⟦property_reference: [A1.B2.0003]⟧" in told
    assert len([r for r in crm.requests if r.path.startswith(LISTINGS_PATH)]) == 2  # not due


def test_an_unknown_reference_may_wait_for_a_person_and_goes_out_once_it_is_known(
    cli: Cli, account: Account, mailbox: Mailbox, crm: Sandbox
) -> None:
    configure(cli, account, crm, unknown_reference="hold")
    cli("listings", "--refresh")
    mailbox.append(inquiry(1, reference="A9"))
    cli("run", "--once")
    assert crm.leads == ()
    assert "not among the CRM's listings" in cli("mails", "--outcome", "incomplete")
    assert "As it would be decided now" in cli("show", "1")
    crm.lists[LISTINGS_PATH] += [{"id": "new", "reference": "A9"}]
    cli("listings", "--refresh")
    cli("retry", "1")
    cli("run", "--once")
    assert [lead.lead["property_reference"] for lead in crm.leads] == ["A9"]


def test_the_daemon_reads_the_lists_beside_its_work(
    cli: Cli, account: Account, mailbox: Mailbox, crm: Sandbox
) -> None:
    configure(cli, account, crm)
    index = cli.folder / "listings.json"
    daemon = cli.start("run")
    try:
        wait_for(index.exists)
        old = index.read_bytes()
        mailbox.append(inquiry(1))
        assert crm.wait_for(1, SECONDS)[0].lead["property_reference"] == "A1-B2-0003"
        # By hand, while it runs: it sees the new file by itself.
        crm.lists[LISTINGS_PATH] = [{"id": "l0", "reference": "a1.b2.0003"}]
        cli("listings", "--refresh")
        assert index.read_bytes() != old
        mailbox.append(inquiry(2))
        assert crm.wait_for(2, SECONDS)[1].lead["property_reference"] == "a1.b2.0003"
    finally:
        code, told = end(daemon)
    assert code == 0, told
    assert "listings read" in told


def test_lists_that_hang_hold_up_neither_leads_nor_the_end(
    cli: Cli, account: Account, mailbox: Mailbox, crm: Sandbox
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        configure(cli, account, crm, url=f"http://127.0.0.1:{port}/")
        daemon = cli.start("run")
        try:
            mailbox.append(inquiry(1))
            assert crm.wait_for(1, SECONDS)
            silent.settimeout(SECONDS)
            silent.accept()[0].close()  # it has asked for the lists, and they hung until now
        finally:
            silent.close()
            daemon.send_signal(signal.SIGTERM)
            start = time.monotonic()
            out, err = daemon.communicate(timeout=SECONDS)
    assert daemon.returncode == 0, out + err
    assert time.monotonic() - start < 35  # what is asked of a silent server ends by its timeout
    assert "listings not read" in out + err


def wait_for(what: Callable[[], bool]) -> None:
    end_of_patience = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end_of_patience
        Event().wait(0.02)


def test_the_sandbox_serves_lists_from_a_file(cli: Cli) -> None:
    (cli.folder / "lists.json").write_text("[]")
    assert "listings: a list of objects" in cli(
        "sandbox", "--port", "0", "--listings", "lists.json", code=1
    )


@pytest.mark.parametrize("kind", ["realforce", "realforce_agency", "webhook"])
def test_a_reference_that_was_found_is_right_in_each_destinations_form(
    cli: Cli, account: Account, mailbox: Mailbox, crm: Sandbox, kind: str
) -> None:
    """As the CRM spells it, as a promotion's id, as an alias names it; what is unknown waits."""
    crm.lists[PROMOTIONS_PATH] = [{"id": "p9", "reference": "PARC"}]
    configure(cli, account, crm, unknown_reference="hold", aliases="aliases.yaml")
    file = cli.folder / "config.yaml"
    ways = {
        "realforce": f"url: {crm.url}, key: {{env: REALFORCE_KEY}}",
        "realforce_agency": f"url: {crm.private_url}, key: {{env: REALFORCE_KEY}}, agency_id: 42, "
        "gateway_id: 7",
        "webhook": f"url: {crm.hook_url}, secret: sandbox-webhook-secret",
    }
    file.write_text(
        f"{file.read_text()}destinations:\n  - {{name: other, kind: {kind}, {ways[kind]}}}\n"
        "portal_destinations: {homegate.ch: other}\n"
    )
    (cli.folder / "aliases.yaml").write_text("aliases:\n  - {number: ALT, reference: x-9}\n")
    cli("listings", "--refresh")
    written = ("A1.B2.0003", "parc", "ALT", "nowhere")
    for number, reference in enumerate(written, start=1):
        mailbox.append(inquiry(number, reference=reference))
        (cli.folder / f"{number}.eml").write_bytes(inquiry(number, reference=reference))
    cli("run", "--once")
    property_, promotion = {
        "realforce": ({"property_reference": "{}"}, {"promotion_id": "p9"}),
        "realforce_agency": (
            {"object": {"type": "property", "reference": "{}"}},
            {"object": {"type": "development", "id": "p9"}},
        ),
        "webhook": ({"property": {"reference": "{}"}}, {"property": {"promotion_id": "p9"}}),
    }[kind]

    def of(reference: str) -> object:
        return json.loads(json.dumps(property_).replace("{}", reference))

    keys = ("property_reference", "property_id", "promotion_id", "object", "property")
    sent = [{k: v for k, v in one.lead.items() if k in keys} for one in crm.leads]
    assert sent == [of("A1-B2-0003"), promotion, of("X-9")]
    names = [f"{number}.eml" for number in range(1, 5)]
    told = cli("dry-run", *names, "--format", "jsonl").splitlines()
    shown = [json.loads(line) for line in told]
    assert [one["outcome"] for one in shown] == ["lead", "lead", "lead", "incomplete"]
    assert [{k: v for k, v in one["lead"].items() if k in keys} for one in shown] == [
        *sent,
        of("nowhere"),
    ]
    assert "not among the CRM's listings" in cli("show", "4")

    assert "a promotion's" in cli("show", "2")
    crm.lists[LISTINGS_PATH] += [{"id": "new", "reference": "Nowhere"}]
    cli("listings", "--refresh")
    cli("retry", "4")
    cli("run", "--once")
    assert {k: v for k, v in crm.leads[-1].lead.items() if k in keys} == of("Nowhere")
