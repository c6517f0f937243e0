"""
Class data archives (AppCDS): what a JVM has loaded once, the next one maps into memory instead of reading and verifying it again.

A job's first run leaves its archive when it ends; later runs of the same job, JAR, Spark and Java begin with it. That is half of a
short job's time. Nothing depends on it: a JVM that cannot use an archive goes on without.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LEFT_SECONDS = 24 * 3600
"""A part that is older than a day belongs to no process any more."""

NEEDED_BYTES = 1 << 30
"""A JVM that runs out of disk while it writes an archive ends badly: with less than this free none is begun."""


class OpenToOthers(Exception):
    """What lies in the folder is run, and somebody else could have put it there."""


@dataclass(frozen=True)
class ClassArchive:
    """
    The archive of one job.

    :param file: where it is, or will be
    :param part: where this process is to leave it; None where it is there already, or cannot be made
    """

    file: Path
    part: Path | None

    @classmethod
    def of(cls, folder: Path, job: str, classes: list[str], java: Path) -> ClassArchive:
        """
        :param folder: where archives are kept
        :param job: what runs, and how
        :param classes: the class path: JARs and ``folder/*``
        :param java: the program that will run
        :raises OpenToOthers: where others may write in the folder
        """
        require_own(folder)
        file = folder / f"{job}-{_digest(classes, java)}.jsa"
        if file.is_file():
            return cls(file, None)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _remove_left_parts(folder)
            room = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= NEEDED_BYTES
        except OSError:
            room = False
        return cls(file, file.with_suffix(f".{os.getpid()}.part") if room else None)

    def options(self) -> list[str]:
        """For the JVM; warnings of classes that cannot be archived are nobody's business."""
        quiet = ["-Xlog:cds=error", "-Xlog:cds+dynamic=error"]
        if self.part is not None:
            return [f"-XX:ArchiveClassesAtExit={self.part}", *quiet]
        return [f"-XX:SharedArchiveFile={self.file}", *quiet] if self.file.is_file() else []

    def keep(self, status: int | None) -> None:
        """Keeps what a process that ended well has left, in one step, in place of the job's older archives."""
        if self.part is None or not self.part.is_file():
            return
        if status != 0:
            self.part.unlink()
            return
        self.part.replace(self.file)
        job = self.file.name.rsplit("-", 1)[0]
        for old in self.file.parent.glob(f"{job}-*.jsa"):
            if old != self.file and old.name.rsplit("-", 1)[0] == job:
                old.unlink(missing_ok=True)


def _remove_left_parts(folder: Path) -> None:
    """What processes that were killed while they wrote left behind, up to 200 MB each."""
    for part in folder.glob("*.part"):
        with suppress(OSError):
            if part.stat().st_mtime < time.time() - LEFT_SECONDS:
                part.unlink()


def require_own(folder: Path) -> None:
    """
    :raises OpenToOthers: where others may write in the folder
    """
    if not folder.exists():
        return
    stat = folder.stat()
    if stat.st_uid not in (os.geteuid(), 0):
        raise OpenToOthers(f"{folder} belongs to another user")
    if stat.st_mode & 0o022:
        raise OpenToOthers(f"users other than its owner can write in {folder}")


def _digest(classes: list[str], java: Path) -> str:
    """Of what an archive must fit: the JARs in their order, and the JVM by the file that names its version."""
    told = hashlib.sha256()
    for entry in [*classes, java.resolve().parent.parent / "release"]:
        path = Path(entry)
        files = sorted(path.parent.iterdir()) if path.name == "*" else [path]
        for file in files:
            if file.is_file():
                stat = file.stat()
                told.update(f"{file}\t{stat.st_size}\t{stat.st_mtime_ns}\n".encode())
    return told.hexdigest()[:16]
