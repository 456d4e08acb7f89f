"""Draft a portal's rule file from example mails. (Signatures; the heuristics follow.)"""

from collections.abc import Sequence

from mailbridge.rules.drafting.draft import Draft, Example, Note, Sureness


def draft(portal: str, examples: Sequence[Example]) -> Draft:
    """Write a rule file for the layout of the examples (one at least; forwards opened)."""
    sender = examples[0].message.sender.address
    rule = (
        f"portal: {portal}\nevidence: partial\nmatch:\n  from: {sender}\n"
        "fields:\n  sender_email: {label: E-mail}\n"
    )
    return Draft(rule, (Note("sender_email", Sureness.UNSURE, "not looked at yet"),))
