"""The permissions of what is written on local disks."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Modes:
    """What is written on local disks gets these permissions, whatever the process's umask is."""

    file: int
    folder: int
    umask: int


MODES = {"owner": Modes(0o600, 0o700, 0o077), "group": Modes(0o640, 0o750, 0o027)}
"""Who may read the files (files.readers in pipeline.conf)."""


def make_folders(folder: Path, mode: int) -> None:
    """Makes a folder, and those above it that are not there, with that mode."""
    if not folder.is_dir():
        make_folders(folder.parent, mode)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(mode)


def replace_text(target: Path, content: str, modes: Modes) -> None:
    """Writes a file and the folders above it; in one step, so that nobody sees half of it."""
    make_folders(target.parent, modes.folder)
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(content)
        Path(part).chmod(modes.file)
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
