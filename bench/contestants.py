"""The contestants: the command line by which each is run on a job."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.job import Job


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who empties a mailbox of its leads."""

    name: str
    command: Callable[[Job, Path], list[str]]
    """From a job and an empty folder for what has to be written down."""


def run_floor(job: Job, folder: Path) -> list[str]:
    return [sys.executable, "-m", "bench.floor", str(job.write(folder / "job.json"))]


def run_script(job: Job, folder: Path) -> list[str]:
    return [sys.executable, "-m", "bench.script", str(job.write(folder / "job.json"))]


def run_mailbridge(job: Job, folder: Path) -> list[str]:
    path = write_settings(job, folder)
    return [sys.executable, "-m", "mailbridge", "run", "--once", "--config", str(path)]


def profile_mailbridge(job: Job, folder: Path) -> list[str]:
    output, path = folder / "shares.json", write_settings(job, folder)
    command = [sys.executable, "-m", "bench.shares", str(output)]
    return [*command, "run", "--once", "--config", str(path)]


def write_settings(job: Job, folder: Path) -> Path:
    """Write mailbridge's settings for a job; all that can be left out is."""
    settings = {
        "inboxes": [
            {
                "name": "bench",
                "host": job.host,
                "port": job.port,
                "ca_file": job.ca_file,
                "user": job.user,
                "password": job.password,
                "start": "2020-01-01",  # what lies there already counts
            }
        ],
        "destination": {"url": job.api_url, "key": job.api_key},
        "ledger": {"url": f"sqlite:///{job.ledger}"},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


CONTESTANTS = (
    Contestant("floor", run_floor),
    Contestant("script", run_script),
    Contestant("mailbridge", run_mailbridge),
)
PROFILED = Contestant("profile", profile_mailbridge)
