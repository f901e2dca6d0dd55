"""The status file of a run, and what an operator's or a container's health check makes of it.

A run writes a small JSON file anew every second and removes it at its end. That answers the two questions there are:
is the process polling, and are its books CURRENT? A file needs no port and no permission, survives the process that
wrote it, and says by its age that the process hangs.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feedhandler.config import Deployment
from feedhandler.observe.figures import Figures
from feedhandler.pipeline.cache import cache_folder, private_folder

STALE_AFTER = 3  #: a file this many intervals old is that of a run that hangs


def status_path(deployment: Deployment) -> Path:
    """Where a deployment's status is: as configured, in systemd's folder for the unit, or beside the cache."""
    if deployment.status.file is not None:
        return Path(deployment.status.file)
    folder = os.environ.get("RUNTIME_DIRECTORY")
    # systemd names several folders with colons between them, the unit's first one first.
    return (Path(folder.split(":")[0]) if folder else cache_folder() / "status") / f"{deployment.name}.json"


class StatusFile:
    """Writes the status of one run. A reader sees all of one writing or all of the one before."""

    def __init__(self, deployment: Deployment, clock: Callable[[], float] = time.time) -> None:
        self.path = status_path(deployment)
        self._deployment = deployment
        self._clock = clock
        self._started = clock()
        if deployment.status.file is None and "RUNTIME_DIRECTORY" not in os.environ:
            private_folder(private_folder(cache_folder()) / "status")

    def write(self, figures: Figures, stuck: set[str]) -> None:
        """Say how it is now. Raises `OSError` where the file cannot be written."""
        data = {
            "deployment": self._deployment.name,
            "pid": os.getpid(),
            "started": self._started,
            "written": self._clock(),
            "every_s": self._deployment.status.every / 1e9,
            "pipelines": [
                {"name": pipeline.name, "core": pipeline.core, "polls": pipeline.polls, "stuck": pipeline.name in stuck}
                for pipeline in figures.pipelines
            ],
            "channels": [
                {
                    "name": channel.name,
                    "state": channel.state,
                    "quality": channel.quality,
                    "sequence": channel.sequence,
                    "silent": channel.silent,
                    "hole_open": channel.hole_open,
                    "gaps": channel.gap_count,
                }
                for channel in figures.channels
                if not _carries(channel.name, figures)
            ],
        }
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        try:
            with os.fdopen(handle, "w") as stream:
                json.dump(data, stream)
            os.replace(temporary, self.path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise

    def remove(self) -> None:
        """The run has ended: nobody is to take it for one that hangs."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Health:
    """What a status file says. `polling`: the process is alive and its pipelines come back to their receivers."""

    polling: bool
    current: bool
    words: tuple[str, ...]
    status: dict[str, Any] | None


def health_of(path: Path, now: float | None = None) -> Health:
    """Judge the run that writes this file."""
    now = time.time() if now is None else now
    try:
        status: dict[str, Any] = json.loads(path.read_text())
        pid, written, every_s = int(status["pid"]), float(status["written"]), float(status["every_s"])
        pipelines, channels = list(status["pipelines"]), list(status["channels"])
    except FileNotFoundError:
        return Health(False, False, (f"nothing runs: there is no {path}",), None)
    except (ValueError, KeyError, TypeError) as error:
        return Health(False, False, (f"{path} is no status of a run: {error!r}",), None)
    except OSError as error:
        return Health(False, False, (f"{path} cannot be read: {error.strerror}",), None)
    age = now - written
    if not _alive(pid):
        return Health(False, False, (f"process {pid} is gone; it last wrote {path} {age:.0f} s ago",), status)
    if age > STALE_AFTER * every_s:
        return Health(False, False, (f"process {pid} hangs: it last wrote {path} {age:.0f} s ago",), status)
    stuck = [f"pipeline {pipeline['name']} is stuck" for pipeline in pipelines if pipeline["stuck"]]
    doubts = [_doubt(channel) for channel in channels if channel["quality"] != "CURRENT"]
    return Health(not stuck, not stuck and not doubts, (*stuck, *doubts), status)


def _carries(name: str, figures: Figures) -> bool:
    """Whether a channel only carries in-band streams, which are channels of their own: it has no books."""
    return any(channel.name.startswith(f"{name}/") for channel in figures.channels)


def _doubt(channel: dict[str, Any]) -> str:
    why = "nothing was heard yet" if channel["state"] == "UNKNOWN" else f"its state is {channel['state']}"
    if channel["silent"]:
        why = "nothing is heard"
    elif channel["hole_open"]:
        why = "a hole is open"
    return f"channel {channel['name']} is {channel['quality']}: {why}"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
