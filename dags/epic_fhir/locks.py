"""
Short locks around the lake's small files that several tasks read, change and write at once.

An object store has no lock; there only two changes within the same moment can overwrite each other.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from epic_fhir.modes import MODES, make_folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from epic_fhir.lake import Lake

_LOCK_SECONDS = 10


@contextmanager
def locked(lake: Lake | None, path: str) -> Iterator[None]:
    """
    Keeps others from changing a file. A lock that cannot be had stops nobody: reading and writing say what is wrong with the disk.

    :param lake: None where there is none, and so nothing to lock
    """
    handle = None
    if lake is not None and lake.is_local():
        file = Path(lake.local(path))
        with suppress(OSError):
            make_folders(file.parent, MODES[lake.readers].folder)
            handle = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if handle is not None:
            _lock(handle)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _lock(handle: int) -> None:
    """Others hold it for milliseconds; a process that was stopped in between must not hold up a task."""
    end = time.monotonic() + _LOCK_SECONDS
    while time.monotonic() < end:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:
            return
        else:
            return
