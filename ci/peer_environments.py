"""Python environments that hold peers, under build/peers."""

import os
import subprocess
from pathlib import Path

from parts import HOME, PartError


def environment(name: str, packages: list[str]) -> Path:
    """The Python of an environment that holds the peer; made once."""
    folder = HOME / "build" / "peers" / name
    python = folder / "bin" / "python"
    wanted = "\n".join(packages)
    if not (folder / "wanted").exists() or (folder / "wanted").read_text() != wanted:
        uv = HOME / "build" / "venv" / "bin" / "uv"
        for command in ([uv, "venv", "-q", "--clear", folder], [uv, "pip", "install", "-q", "--python", python, *packages]):
            if subprocess.run([str(c) for c in command], check=False).returncode:
                raise PartError(f"Cannot install the peer {name}: {', '.join(packages)}")
        if name == "pysof":
            _own_libraries(folder)
        (folder / "wanted").write_text(wanted)
    return python


def _own_libraries(folder: Path) -> None:
    """pysof's wheel brings an OpenSSL that needs glibc 2.38; no view uses it, so the system's stands in where glibc is older."""
    if tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split("."))) >= (2, 38):
        return
    known = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    for library in ("libcrypto", "libssl"):
        own = next((line.split(" => ")[1] for line in known.splitlines() if f"{library}.so.3 " in line), None)
        for brought in folder.glob(f"lib/python3*/site-packages/pysof.libs/{library}-*"):
            if own:
                brought.unlink()
                brought.symlink_to(own)
