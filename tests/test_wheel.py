"""The wheel works where the checkout is not: nothing is missing in it, nothing is fetched."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import mailbridge
from tests.mails import inquiry

REPOSITORY = Path(__file__).parents[1]
WHEN = "1790000000"
"""SOURCE_DATE_EPOCH: seconds; any will do, as long as it is the same."""


def build(target: str, source: Path, into: Path) -> Path:
    """Build a wheel or sdist without a network, with what the test environment has."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)],
        cwd=source,
        env={**os.environ, "SOURCE_DATE_EPOCH": WHEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [made] = into.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", REPOSITORY, tmp_path_factory.mktemp("wheel"))


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_below(folder: Path) -> set[str]:
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    package = {f"mailbridge/{name}" for name in files_below(REPOSITORY / "mailbridge")}
    cases = {f"mailbridge/fixtures/{name}" for name in files_below(REPOSITORY / "fixtures")}
    data = f"mailbridge-{mailbridge.__version__}.data/data/share"
    shared = {f"{data}/{name}" for name in files_below(REPOSITORY / "share")}
    found = {name for name in names_in(wheel) if ".dist-info/" not in name}
    example = "mailbridge/config.example.yaml"  # what `init` fills in
    assert found == package | cases | shared | {example}
    assert f"{data}/man/man1/mailbridge.1" in found
    assert "mailbridge/py.typed" in found
    assert "mailbridge/portals/homegate.ch.yaml" in found
    assert "mailbridge/ledger/migrations/versions/0001_initial.py" in found
    assert "mailbridge/fixtures/inbox/newsletter.eml" in found


def test_mails_in_the_wheel_have_their_bytes(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in files_below(REPOSITORY / "fixtures"):
            packed = archive.read(f"mailbridge/fixtures/{name}")
            assert packed == (REPOSITORY / "fixtures" / name).read_bytes()


def test_the_metadata_says_what_it_is(wheel: Path) -> None:
    info = f"mailbridge-{mailbridge.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{info}/METADATA").decode()
        assert b"MIT License" in archive.read(f"{info}/licenses/LICENSE")
        assert b"mailbridge = mailbridge.__main__:main" in archive.read(f"{info}/entry_points.txt")
    lines = metadata.splitlines()
    assert f"Version: {mailbridge.__version__}" in lines
    assert "Requires-Python: >=3.11" in lines
    extras = {line.removeprefix("Provides-Extra: ") for line in lines if "Provides-Extra" in line}
    assert {"demo", "postgresql", "all"} <= extras
    brought = {
        extra: {line.partition(";")[0] for line in lines if line.endswith(f"extra == '{extra}'")}
        for extra in extras
    }
    assert brought["all"] == set().union(*(brought[extra] for extra in extras - {"all"}))


def test_two_builds_in_different_places_and_times_have_the_same_bytes(tmp_path: Path) -> None:
    """Two people's trees: other folders, dates, rights, and orders of the same files."""
    with tarfile.open(build("sdist", REPOSITORY, tmp_path / "first")) as archive:
        archive.extractall(tmp_path / "tree", filter="data")
    [tree] = (tmp_path / "tree").iterdir()
    names = sorted(files_below(tree))
    made = []
    for place, order, rights in (("one", names, 0o644), ("other/deeper", names[::-1], 0o600)):
        copy = tmp_path / place
        for name in order:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree / name, copy / name)
            (copy / name).chmod(rights)
            os.utime(copy / name, (1_600_000_000 + rights, 1_600_000_000 + rights))
        targets = ("wheel", "sdist")
        made.append([build(target, copy, tmp_path / target / place) for target in targets])
    for one, other in zip(*made, strict=True):
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes(), one.name


def test_the_sdist_holds_what_the_wheel_is_made_of(wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", REPOSITORY, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = tmp_path.glob("mailbridge-*")
    assert names_in(build("wheel", unpacked, tmp_path / "again")) == names_in(wheel)
    for name in (
        "Makefile",
        "README.md",
        "requirements.lock",
        "tests/conftest.py",
        ".ci/run",
        "Containerfile",
    ):
        assert (unpacked / name).is_file(), name


@pytest.fixture(scope="module")
def installed(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs commands of an environment that has the wheel, the libraries, and no checkout."""
    folder = tmp_path_factory.mktemp("installed")
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")),
            *("install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    # The libraries of this environment, behind its own; their .pth files are not read, and so
    # the checkout stays out of reach.
    [packages] = (environment / "lib").glob("python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    place = folder / "elsewhere"
    place.mkdir()

    def run(command: str, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [environment / "bin" / command, *words],
            cwd=place,
            env={"HOME": str(folder), "PATH": os.environ["PATH"], "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    where = run("python", "-c", "import mailbridge; print(mailbridge.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(packages), where
    (place / "one.eml").write_bytes(inquiry())
    return run


Run = Callable[..., "subprocess.CompletedProcess[str]"]


def output(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_installed_program_says_its_version(installed: Run) -> None:
    assert output(installed("mailbridge", "--version")) == f"mailbridge {mailbridge.__version__}\n"


def test_the_installed_program_reads_a_mail(installed: Run) -> None:
    told = json.loads(output(installed("mailbridge", "dry-run", "one.eml", "--format", "jsonl")))
    assert (told["outcome"], told["portal"]) == ("lead", "homegate.ch")


def test_the_installed_portals_pass_their_cases(installed: Run) -> None:
    told = output(installed("mailbridge", "rules", "test"))
    assert "0 wrong" in told


def test_the_man_page_and_the_completions_are_installed(installed: Run) -> None:
    base = Path(output(installed("python", "-c", "import sys; print(sys.prefix)")).strip())
    for name in files_below(REPOSITORY / "share"):
        assert (base / "share" / name).read_bytes() == (REPOSITORY / "share" / name).read_bytes()


def test_the_installed_program_prints_the_schema(installed: Run) -> None:
    assert "properties" in json.loads(output(installed("mailbridge", "rules", "schema")))


def test_the_installed_demo_runs(installed: Run) -> None:
    assert "sent\thomegate.ch\tLeads/Sent" in output(installed("mailbridge", "demo"))
