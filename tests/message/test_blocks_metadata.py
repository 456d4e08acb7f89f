"""Lead Metadata 1.0: exact names, one version, wherever in the document they stand."""

import pytest

from mailbridge.message.blocks.lead_metadata import read_metadata

VERSION = '<meta name="lead_information_version" content="1.0" />'


def values(html: str) -> dict[str, str] | None:
    blocks = list(read_metadata(html))
    assert len(blocks) <= 1
    for block in blocks:
        assert (block.kind, block.source, block.index) == ("lead_metadata", "html", (1, 1))
        return dict(block.values)
    return None


def test_all_tags_are_read() -> None:
    html = (
        f"<html><head>{VERSION}"
        '<meta name="lead_source" content="Portal" /><meta name="lead_type" content="Renter" />'
        '<meta name="lead_name" content="Ada &amp; Bo Ahorn" />'
        '<meta name="lead_email" content="ada@example.org" />'
        '<meta name="lead_phone" content="+41 79 000 00 11" />'
        '<meta name="lead_property_city" content="Chur" /><meta name="lead_mls" content="77" />'
        '<meta name="lead_message" content="&#34;Hallo&#34;&#10;d&#x27;accord" />'
        "</head><body>Text</body></html>"
    )
    assert values(html) == {
        "lead_type": "Renter",
        "lead_name": "Ada & Bo Ahorn",
        "lead_email": "ada@example.org",
        "lead_phone": "+41 79 000 00 11",
        "lead_mls": "77",
        "lead_message": '"Hallo"\nd\'accord',
    }


def meta(name: str, content: str) -> str:
    return f"<meta name='{name}' content='{content}'>"


@pytest.mark.parametrize(
    "version",
    [
        "",
        meta("lead_information_version", "1.1"),
        meta("lead_information_version", "1"),
        meta("lead_information_version", ""),
        '<meta name="lead_information_version">',
        meta("lead_information_versions", "1.0"),
        f"<!-- {VERSION} -->",
        f"<script>'{VERSION}'</script>",
        f"<textarea>{VERSION}",
        VERSION + meta("lead_information_version", "2.0"),
        VERSION.replace("<", "&lt;"),
        f"<img alt='{VERSION}'>",
        "lead_information_version 1.0",
    ],
)
def test_without_the_version_nothing_counts(version: str) -> None:
    assert values(version + meta("lead_email", "a@example.org")) is None


@pytest.mark.parametrize(
    "html",
    [
        f"<body><p>Hi{VERSION}<div>{meta('lead_email', 'a@example.org')}</div></p></body>",
        f"{meta('lead_email', 'a@example.org')}<br>{VERSION}",
        (
            "<META NAME=lead_information_version CONTENT=1.0>"
            "<meta content=a@example.org name=lead_email>"
        ),
        f"{VERSION}<meta\n name = 'Lead_Email'\n content =\n\"a@example.org\" >",
        f"{VERSION}<meta name=lead_email content=a@example.org",
        f"{VERSION}<meta name=lead_email name=lead_name content=a@example.org content=b>",
        (
            f"{VERSION}{meta('lead_email', '')}{meta('lead_email', 'a@example.org')}"
            f"{meta('lead_email', 'b@example.org')}"
        ),
        (
            f"<style>a {{}}</style><title>{meta('lead_email', 'b@example.org')}</title>{VERSION}"
            f"<template>{meta('lead_email', 'c@example.org')}</template>"
            f"{meta('lead_email', 'a@example.org')}"
        ),
    ],
)
def test_the_whole_document_is_searched(html: str) -> None:
    assert values(html) == {"lead_email": "a@example.org"}


def test_other_peoples_fields_are_not_the_visitors() -> None:
    others = "".join(
        meta(name, "other@example.com")
        for name in (
            *("lead_assigned_agent", "lead_assigned_agent_email", "lead_assigned_agent_phone"),
            *("lead_loan_officer_email", "lead_title_officer_email", "lead_email2", "email"),
            *("x_lead_email", "lead_names", "lead_property_address"),
        )
    )
    assert values(VERSION + others) is None
    assert values(VERSION + others + meta("lead_name", "Ada")) == {"lead_name": "Ada"}


def test_a_self_disclosure_is_cut_here_too() -> None:
    html = VERSION + meta("lead_message", "Ja&#10;Geburtsdatum: 1.1.1970")
    assert values(html) == {"lead_message": "Ja"}
