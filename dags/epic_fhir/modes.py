"""The permissions of what is written on local disks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Modes:
    """What is written on local disks gets these permissions, whatever the process's umask is."""

    file: int
    folder: int
    umask: int


MODES = {"owner": Modes(0o600, 0o700, 0o077), "group": Modes(0o640, 0o750, 0o027)}
"""By whom pipeline.conf (files.readers) lets read."""


def make_folders(folder: Path, mode: int) -> None:
    """Makes a folder, and those above it that are not there, with that mode."""
    if not folder.is_dir():
        make_folders(folder.parent, mode)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(mode)
