"""The Containerfile without an engine: its steps are run in a folder, and the result is started.

Everything below `/` that it names lies in that folder instead. What an engine alone can do (the
base image, another user, a read-only root) is checked by what the steps say, and by looking
whether anything but the state was written to.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailbridge.inbox.account import Account
from mailbridge.sandbox.server import Sandbox
from mailbridge.service import HEALTH, Installation, compose
from tests.cli.conftest import Cli, api, cli, end
from tests.mails import inquiry
from tests.servers.mailbox import Mailbox
from tests.servers.ports import free_port

__all__ = ["api", "cli"]

REPOSITORY = Path(__file__).parents[1]
PLACES = ("/opt/mailbridge", "/build", "/src", "/var/lib/mailbridge", "/etc/mailbridge")
MINUTES = 5 * 60.0


@dataclass
class Stage:
    """One FROM and what follows."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, kind: str) -> list[str]:
        return [words for one, words in self.steps if one == kind]

    @property
    def environment(self) -> dict[str, str]:
        return dict(words.split("=", 1) for words in self.of("ENV"))


def parse(text: str) -> list[Stage]:
    stages: list[Stage] = []
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        kind, words = line.split(None, 1)
        if kind == "FROM":
            base, _, name = words.partition(" AS ")
            stages.append(Stage(base, name))
        else:
            stages[-1].steps.append((kind, words))
    return stages


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return parse((REPOSITORY / "Containerfile").read_text())


def test_the_image_runs_as_nobody_who_may_anything(stages: list[Stage]) -> None:
    last = stages[-1]
    assert last.of("USER") == ["10001:10001"]
    kinds = [kind for kind, _ in last.steps]
    assert "RUN" not in kinds[kinds.index("USER") :]
    assert not {kind for stage in stages for kind, _ in stage.steps} & {"ADD", "EXPOSE", "SHELL"}
    assert {stage.base for stage in stages} == {"docker.io/library/python:3.11-slim-bookworm"}


def test_every_library_is_pinned_by_its_hash(stages: list[Stage]) -> None:
    installs = [words for words in stages[0].of("RUN") if "pip install" in words]
    assert len(installs) == 3
    assert all("--require-hashes" in words or "--no-index" in words for words in installs)


def test_the_locks_agree_with_that_of_the_tests() -> None:
    def pins(file: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9_.-]+==\S+)", (REPOSITORY / file).read_text(), re.M))

    assert pins("container/libraries.lock") | pins("container/build.lock") <= pins(
        "requirements.lock"
    )
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["alerts"], *extras["oauth"], *extras["web"]]
    names = {pin.partition("==")[0] for pin in pins("container/libraries.lock")}
    assert {re.split(r"[^a-z0-9-]", want)[0] for want in wanted} <= names


def test_the_health_check_is_that_of_the_compose_file(stages: list[Stage]) -> None:
    [check] = stages[-1].of("HEALTHCHECK")
    assert json.loads(check.partition("CMD ")[2])[-1] == HEALTH
    place = Installation(program=Path("/m"), settings=Path("/etc/mailbridge/config.yaml"))
    assert HEALTH in compose(place)


def test_only_what_is_copied_is_handed_to_the_engine(stages: list[Stage]) -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        word.split("/")[0] for words in stages[0].of("COPY") for word in shlex.split(words)[:-1]
    }
    assert allowed == copied


class Engine:
    """Runs steps below a folder, as far as that can be done without an engine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workdir = root
        self.before: Path | None = None

    def inside(self, text: str) -> str:
        """Let every path of the image lie in the folder."""
        for place in PLACES:
            text = re.sub(rf"(?<![\w/.]){place}(?![\w-])", f"{self.root}{place}", text)
        return text

    def stage(self, stage: Stage) -> None:
        """A stage begins with nothing but what it copies from the one before."""
        if self.root.exists():
            self.before = self.root.with_name("before")
            self.root.rename(self.before)
        self.root.mkdir()
        self.workdir = self.root
        for kind, words in stage.steps:
            if kind == "WORKDIR":
                self.workdir = Path(self.inside(words))
                self.workdir.mkdir(parents=True, exist_ok=True)
            elif kind == "COPY":
                self.copy(shlex.split(words))
            elif kind == "RUN":
                self.run(words)

    def copy(self, words: list[str]) -> None:
        *sources, target = words
        into = self.workdir / self.inside(target)
        if sources[0].startswith("--from="):
            assert self.before
            shutil.copytree(self.before / sources[1].lstrip("/"), into, symlinks=True)
            return
        for source in sources:
            path = REPOSITORY / source
            if path.is_dir():
                shutil.copytree(path, into, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, into)

    def run(self, words: str) -> None:
        if os.geteuid() != 0:
            words = words.replace("-o 10001 -g 10001 ", "")
        words = words.replace("--no-cache-dir ", "")  # what other tests downloaded will do
        command = re.sub(r"(?:^|(?<=&& ))python ", f"{sys.executable} ", self.inside(words))
        done = subprocess.run(
            ["sh", "-ec", command],  # noqa: S607
            cwd=self.workdir,
            env={k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COVERAGE"))},
            capture_output=True,
            text=True,
            timeout=MINUTES,
            check=False,
        )
        assert done.returncode == 0, command + "\n" + done.stdout + done.stderr


@pytest.fixture(scope="module")
def image(stages: list[Stage], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(tmp_path_factory.mktemp("image") / "root")
    for stage in stages:
        engine.stage(stage)
    yield engine
    shutil.rmtree(engine.root.parent, ignore_errors=True)


def written_in(root: Path) -> dict[str, int]:
    return {
        str(file.relative_to(root)): file.lstat().st_mtime_ns
        for file in root.rglob("*")
        if "var/lib/mailbridge" not in str(file)
    }


@pytest.mark.timeout(900)
def test_the_image_sends_a_lead_and_is_healthy(
    image: Engine,
    stages: list[Stage],
    cli: Cli,
    account: Account,
    mailbox: Mailbox,
    api: Sandbox,
) -> None:
    last = stages[-1]
    environment = {name: image.inside(value) for name, value in last.environment.items()}
    port = free_port()
    settings = cli.configure(account, api, start="2000-01-01")
    text = settings.read_text().replace("ledger:\n  url: sqlite:///ledger.db\n", "")
    text += f"monitoring: {{listen: 127.0.0.1:{port}}}\nlog: {{format: json}}\n"
    place = image.root / "etc/mailbridge/config.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(text)
    # XDG_STATE_HOME is the folder above the one that the volume is mounted on.
    environment |= {"XDG_STATE_HOME": str(image.root / "var/lib"), **cli.environ}
    [entry], [command] = (json.loads(last.of(kind)[0]) for kind in ("ENTRYPOINT", "CMD"))
    before = written_in(image.root)
    mailbox.append(inquiry())
    daemon = subprocess.Popen(
        [image.inside(entry), command],
        cwd=image.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert len(api.wait_for(1, 60)) == 1
        check = json.loads(last.of("HEALTHCHECK")[0].partition("CMD ")[2])
        healthy = subprocess.run(
            [image.inside(check[0]), check[1], check[2].replace("9108", str(port))],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert healthy.returncode == 0, healthy.stderr
    finally:
        code, told = end(daemon)
    assert code == 0, told
    assert (image.root / "var/lib/mailbridge/ledger.db").is_file()
    assert written_in(image.root) == before, "the root may be read-only"
    events = [json.loads(line) for line in told.splitlines()]
    assert {"started", "lead sent", "stopped"} <= {event["event"] for event in events}
    assert not (image.root / "opt/mailbridge/bin/pip").exists()
