"""Several destinations, as people run them: each lead at its own, none held up by another."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.plan import parse_plan
from mailbridge.sandbox.server import Sandbox
from tests.cli.conftest import Cli
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox

SECRET = "sandbox-webhook-secret"
OTHER = (Path(__file__).parents[2] / "fixtures" / "immobilier.ch" / "phone.eml").read_bytes()
"""An inquiry of another portal than `inquiry()`'s."""
START = "2000-01-01"


@pytest.fixture
def second() -> Iterator[Sandbox]:
    """Another server, for the named destinations."""
    with Sandbox(key="test-key") as server:
        yield server


def hook(url: str, name: str = "crm") -> str:
    return (
        f"  - name: {name}\n    kind: webhook\n    url: {url}\n"
        f"    secret: {{env: WEBHOOK_SECRET}}\n"
    )


def add(cli: Cli, text: str) -> None:
    cli.environ["WEBHOOK_SECRET"] = SECRET
    file = cli.folder / "config.yaml"
    file.write_text(file.read_text() + text)


def to_crm(cli: Cli, url: str) -> None:
    """homegate.ch's leads go to a webhook, all others to the lead API."""
    add(cli, f"destinations:\n{hook(url)}portal_destinations:\n  homegate.ch: crm\n")


def statuses(cli: Cli) -> dict[str, dict[str, object]]:
    told = json.loads(cli("status", "--format", "json"))
    return {one["destination"]: one for one in told["destinations"]}


def test_each_lead_goes_to_its_own_destination(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api, start=START, destination="office")
    add(
        cli,
        f"destinations:\n{hook(api.hook_url)}"
        f"  - name: office\n    kind: realforce_agency\n    url: {api.private_url}\n"
        "    key: {env: REALFORCE_KEY}\n    agency_id: 42\n    gateway_ids: {immobilier.ch: 7}\n"
        "portal_destinations:\n  homegate.ch: crm\n",
    )
    mailbox.append(inquiry(1))
    mailbox.append(OTHER)
    assert "2 mails: 2 sent." in cli("run", "--once")
    found = {lead.path: lead.lead for lead in api.leads}
    assert set(found) == {"/webhook", "/api/leads/create"}
    assert found["/webhook"]["requester"]["email"] == "visitor1@example.org"
    assert found["/webhook"]["mail"]["message_id"] == "inquiry-1@test.example"
    assert found["/api/leads/create"]["gateway"] == {"type": "portal", "id": 7}
    told = cli("show", "1")
    assert "destination crm (webhook)" in told
    assert "requester.email\tvisitor1@example.org" in told
    # What the inbox and the portal choose beside it is never used: its key is not needed.
    assert set(statuses(cli)) == {"default", "crm", "office"}
    cli("audit")


def test_one_that_is_down_holds_up_no_other(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, second: Sandbox
) -> None:
    cli.configure(account, api, start=START)
    to_crm(cli, "http://127.0.0.1:1/webhook")
    mailbox.append(inquiry(1))
    mailbox.append(OTHER)
    mailbox.append(inquiry(2))
    told = cli("run", "--once", code=1)
    assert "the destination crm: not reached" in told
    assert len(api.leads) == 1
    found = statuses(cli)
    assert (found["crm"]["leads"], found["default"]["leads"]) == (2, 0)
    table = [line.split("\t") for line in cli("status").splitlines()]
    assert next(row for row in table if row[0] == "crm")[1:3] == ["webhook", "2"]
    file = cli.folder / "config.yaml"
    file.write_text(file.read_text().replace("http://127.0.0.1:1/webhook", second.hook_url))
    cli("retry", "1")
    cli("run", "--once")
    assert [lead.lead["requester"]["firstname"] for lead in second.leads] == ["Prune1", "Prune2"]
    assert len(api.leads) == 1


def test_the_daemon_delivers_to_one_while_the_other_does_not_answer(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, second: Sandbox
) -> None:
    cli.configure(account, api, start=START, every="5s")
    to_crm(cli, second.hook_url)
    second.plan = parse_plan("hang")
    mailbox.append(inquiry(1))
    daemon = cli.start("run")
    try:
        second.wait_for_requests(1, 30)  # and it hangs
        mailbox.append(OTHER)
        assert len(api.wait_for(1, 30)) == 1
        assert second.leads == ()
    finally:
        daemon.kill()
        daemon.communicate()
    # Killed with the lead in the air: it is in doubt, and the other's queue knows nothing of it.
    cli("run", "--once")
    assert cli("status").count("in_doubt") >= 1
    assert len(api.leads) == 1


def test_a_wrong_secret_pauses_one_destination(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, second: Sandbox
) -> None:
    cli.configure(account, api, start=START)
    to_crm(cli, second.hook_url)
    cli.environ["WEBHOOK_SECRET"] = "another-secret-0001"
    for mail in (inquiry(1), OTHER, inquiry(2)):
        mailbox.append(mail)
    told = cli("run", "--once", code=1)
    assert "the signature was refused; check the secret of destination crm" in told
    assert len(api.leads) == 1
    assert len(second.requests) == 1  # the second lead was not even tried
    assert statuses(cli)["crm"]["leads"] == 2


def test_leads_for_a_destination_that_is_gone_wait_and_are_told(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, second: Sandbox
) -> None:
    file = cli.configure(account, api, start=START)
    before = file.read_text()
    to_crm(cli, "http://127.0.0.1:1/webhook")
    mailbox.append(inquiry(1))
    cli("run", "--once", code=1)
    file.write_text(before)
    told = cli("run", "--once")
    assert "1 lead is waiting to be sent." in told
    assert "leads wait for a destination that the settings do not name" in told
    assert api.leads == ()
    assert statuses(cli)["crm"]["in_settings"] is False
    assert "not in the settings: its leads are kept and go nowhere else" in cli("status")
    told = cli("check", code=1)
    assert "leads waiting for the destination crm (webhook)" in told
    # The same name for another kind is not the same destination.
    add(cli, "destinations:\n  - name: crm\n    key: {env: REALFORCE_KEY}\n")
    add(cli, f"    url: {second.url}\n")
    cli("run", "--once")
    assert second.leads == ()
    cli("check", code=1)
    file.write_text(before)
    to_crm(cli, second.hook_url)
    cli("retry", "1")
    cli("run", "--once")
    assert len(second.leads) == 1
    assert "leads waiting for" not in cli("check")


def test_check_looks_at_every_destination_and_sends_each_a_test(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox, second: Sandbox
) -> None:
    cli.configure(account, api)
    add(
        cli,
        f"destinations:\n{hook(second.hook_url)}"
        f"  - name: office\n    kind: realforce_agency\n    url: {second.private_url}\n"
        "    key: {env: REALFORCE_KEY}\n    agency_id: 42\n    gateway_ids: {homegate.ch: 7}\n",
    )
    told = cli("check", "--online", "--send-test-lead")
    assert f"The destination crm at {second.hook_url} can be reached." in told
    assert f"The lead API at {api.url} can be reached." in told
    assert "The test lead was accepted as sandbox-1." in told
    assert "The test lead was accepted by the destination office." in told
    assert [lead.path for lead in second.leads] == ["/webhook", "/api/leads/create"]
    second.plan = parse_plan("400")
    told = cli("check", "--send-test-lead", code=1)
    assert "the test lead was not accepted by the destination crm: refused" in told


def test_a_portal_that_there_is_not_is_told(
    cli: Cli, account: Account, mailbox: Mailbox, api: Sandbox
) -> None:
    cli.configure(account, api)
    add(cli, f"destinations:\n{hook('https://crm.example.org/')}")
    add(cli, "portal_destinations:\n  homegate.com: crm\n")
    told = cli("check", code=1)
    assert "portal_destinations.homegate.com: There is no portal 'homegate.com'." in told


def test_dry_run_shows_each_lead_as_its_destination_gets_it(cli: Cli) -> None:
    cli.environ["WEBHOOK_SECRET"] = SECRET
    (cli.folder / "config.yaml").write_text(
        "destination: {kind: realforce_agency, key: k, agency_id: 42}\n"
        f"destinations:\n{hook('https://crm.example.org/')}"
        "portal_destinations: {homegate.ch: crm}\n"
    )
    (cli.folder / "one.eml").write_bytes(inquiry(1))
    (cli.folder / "two.eml").write_bytes(OTHER)
    told = cli("dry-run", "one.eml", "two.eml", "--format", "jsonl").splitlines()
    one, two = map(json.loads, told)
    assert (one["outcome"], one["destination"], one["lead"]["version"]) == ("lead", "crm", 1)
    # No gateway is known for it: it would wait for a person.
    assert (two["outcome"], two["destination"]) == ("incomplete", "default")
    assert [problem["code"] for problem in two["problems"]] == ["missing-gateway"]
    assert two["lead"]["agency_id"] == 42
    assert "To destination crm (webhook)" in cli("dry-run", "one.eml", "--explain")
