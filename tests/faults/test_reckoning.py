"""The reckoning finds what is wrong: each fault is made by hand here."""

from dataclasses import replace

from mailbridge.sandbox.lead_api import LEAD_PATH
from mailbridge.sandbox.server import Sandbox
from tests.faults.conftest import Install
from tests.faults.installation import Setup
from tests.faults.reckoning import Letter, Sort, Window, reckon

FIRST, SECOND = Letter(Sort.INQUIRY, 1), Letter(Sort.INQUIRY, 2)
HELD = frozenset({FIRST.message_id})


def test_every_kind_of_fault_is_found(install: Install) -> None:
    here = install(Setup())
    uids = [here.mailbox.append(one.raw) for one in (FIRST, SECOND)]
    here.once()
    assert not reckon(here, [FIRST, SECOND], Window()).faults

    missing = reckon(here, [FIRST, SECOND, Letter(Sort.PRIVATE, 3)], Window())
    assert missing.faults == ["unexplained: private-3@test.example is not in the ledger"]
    unknown = reckon(here, [FIRST], Window())
    assert "unexplained: inquiry-2@test.example was never in the inbox" in unknown.faults
    assert "lost: visitor2@example.org was stored, and is nobody's" in unknown.faults
    wrong = reckon(here, [FIRST, replace(SECOND, sort=Sort.REPEATED)], Window())
    assert any(fault.startswith("unexplained: ") for fault in wrong.faults)

    here.mailbox.add_flags(uids[:1], ["MailbridgeReview"])
    assert [fault[:9] for fault in reckon(here, [FIRST, SECOND], Window()).faults] == ["mismarked"]
    here.mailbox.client.select_folder("INBOX")
    here.mailbox.client.remove_flags(uids[:1], ["MailbridgeReview"], silent=True)

    lead = here.api.leads[0].lead
    here.api.store(lead, LEAD_PATH)
    twice = reckon(here, [FIRST, SECOND], Window())
    assert twice.faults == ["doubled: inquiry-1@test.example: sent, stored 2 times"]
    assert reckon(here, [FIRST, SECOND], Window(claimed=HELD)).doubled
    allowed = reckon(here, [FIRST, SECOND], Window(claimed=HELD, posted=HELD))
    assert (allowed.faults, allowed.twice) == ([], 1)
    here.api.store(lead, LEAD_PATH)
    assert reckon(here, [FIRST, SECOND], Window(claimed=HELD, posted=HELD)).doubled

    with Sandbox(key="test-key") as empty:
        here.api = empty
        assert len(reckon(here, [FIRST, SECOND], Window(claimed=HELD)).lost) == 2
