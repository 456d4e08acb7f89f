"""The setting `forwarders:`: addresses and domains, and nothing else."""

from pathlib import Path

import pytest

from mailbridge.documents.settings import load_settings
from mailbridge.errors import BadDocument

INBOX = "inboxes:\n  - {name: a, host: h.example.org, user: u, password: p, forwarders: %s}\n"


def load(folder: Path, written: str) -> tuple[str, ...] | None:
    file = folder / "config.yaml"
    file.write_text(INBOX % written, "utf-8")
    return load_settings(file, {}).inboxes[0].forwarders


def test_addresses_and_domains_are_taken_in_lower_case(tmp_path: Path) -> None:
    assert load(tmp_path, '["@Example.org", A.b+c@x-y.example.com]') == (
        "@example.org",
        "a.b+c@x-y.example.com",
    )
    assert load(tmp_path, "[]") == ()
    assert load(tmp_path, "null") is None


@pytest.mark.parametrize(
    "written",
    ["example.org", '"@"', "a@", "a b@example.org", '"<a@example.org>"', "a@b@c.org"],
)
def test_other_texts_are_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(BadDocument, match=r"config.yaml:2.*neither an address nor a domain.*Write"):
        load(tmp_path, f"[{written}]")
