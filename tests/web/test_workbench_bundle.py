"""The committed editor is made of the sources that lie beside it, and says whose work it is."""

import json
import re
from hashlib import sha256
from pathlib import Path

ASSETS = Path("assets")
STATIC = Path("mailbridge/web/static")


def test_the_bundle_is_not_older_than_its_sources() -> None:
    digest = sha256()
    files = {"build.mjs", "package-lock.json", "package.json"}
    files |= {f"src/{path.name}" for path in (ASSETS / "src").iterdir()}
    for name in sorted(files):
        digest.update(f"{name}\0".encode() + (ASSETS / name).read_bytes() + b"\0")
    first = (STATIC / "editor.js").read_text("utf-8").splitlines()[0]
    assert first.endswith(f"Sources: {digest.hexdigest()}"), "run `make assets`"


def test_every_package_in_it_has_its_licence() -> None:
    licences = (STATIC / "editor.licences.txt").read_text("utf-8")
    named = re.findall(r"^(@?[\w/-]+) ([\d.]+) \(MIT\)$", licences, re.M)
    packages = json.loads((ASSETS / "package-lock.json").read_text())["packages"]
    assert ("@codemirror/view", packages["node_modules/@codemirror/view"]["version"]) in named
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in named)
    assert licences.count("Permission is hereby granted") == len(named)


def test_the_lock_names_no_registry() -> None:
    lock = (ASSETS / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert set(re.findall(r'"https?://[^"]+"', lock)) <= set(re.findall(r'"url": ("[^"]+")', lock))
