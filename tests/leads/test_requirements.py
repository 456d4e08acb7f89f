"""What a lead must have, and how its want is told."""

import pytest

from mailbridge.leads.requirements import WithoutTarget, find_missing

HOLD, SEND = WithoutTarget.HOLD, WithoutTarget.SEND
CONTACT = ("sender_email", "sender_number")
REFERENCE = ("property_reference",)


@pytest.mark.parametrize(
    ("require", "usable", "without_target", "codes"),
    [
        ((), {"property_reference"}, HOLD, []),
        ((), {"property_id"}, HOLD, []),
        ((), {"promotion_id"}, HOLD, []),
        ((), set(), HOLD, ["missing-target"]),
        ((), set(), SEND, []),
        ((REFERENCE,), set(), HOLD, ["missing-target"]),
        ((REFERENCE,), set(), SEND, []),
        ((REFERENCE,), {"property_id"}, HOLD, ["missing-target"]),
        ((REFERENCE,), {"property_id"}, SEND, []),
        ((REFERENCE,), {"property_reference", "property_id"}, HOLD, ["several-targets"]),
        ((REFERENCE,), {"property_reference", "promotion_id"}, SEND, ["several-targets"]),
        ((CONTACT,), {"property_id", "sender_email"}, HOLD, []),
        ((CONTACT,), {"property_id", "sender_number"}, HOLD, []),
        ((CONTACT,), {"property_id", "sender_name"}, HOLD, ["missing-contact"]),
        ((REFERENCE, CONTACT), set(), HOLD, ["missing-target", "missing-contact"]),
        ((REFERENCE, CONTACT), set(), SEND, ["missing-contact"]),
        ((("sender_name",),), {"property_id"}, HOLD, ["missing-name"]),
        ((("sender_message",),), {"property_id"}, HOLD, ["missing-field"]),
        ((("sender_message", "sender_name"),), {"property_id", "sender_name"}, HOLD, []),
        ((("from_the_future",),), {"property_id"}, HOLD, ["missing-field"]),
    ],
)
def test_each_want_has_its_code(
    require: tuple[tuple[str, ...], ...],
    usable: set[str],
    without_target: WithoutTarget,
    codes: list[str],
) -> None:
    assert [p.code for p in find_missing(require, usable, without_target)] == codes


def test_the_text_names_what_is_wanted_in_plain_words() -> None:
    [problem] = find_missing((CONTACT,), {"property_id"}, HOLD)
    assert problem.text == (
        "The portal's rule requires an e-mail address or a phone number;"
        " the mail has none, or none that can be used."
    )
