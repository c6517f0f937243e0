"""
Packs a built source tree into the release archive, the same bytes for the same files:

    python ci/dist.py SOURCE VERSION SECONDS OUT      SECONDS: the time of every file in the archive, since 1970
"""

import gzip
import hashlib
import io
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

WHOLE = ("LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "SECURITY.md", "conf", "dags", "docs", "ci/containers")
"""What goes into the archive as it is, under its own name."""
LEFT_OUT = ("dags/tests/", "ci/")
CONTAINERS = "ci/containers/"


def main() -> None:
    source, version, seconds, out = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    files = dict(contents(source))
    files["VERSION"] = f"{version}\n".encode()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    files["SHA256SUMS"] = sums.encode()
    root = f"epic-fhir-pipeline-{version}"
    archive = out / f"{root}.tar.gz"
    archive.write_bytes(packed(root, files, seconds))
    archive.with_name(archive.name + ".sha256").write_text(f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n")
    print(f"{archive}: {len(files)} files, {archive.stat().st_size / 2**20:.0f} MiB")


def contents(source: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's name in the archive, and its bytes."""
    for name in WHOLE:
        place = source / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            path = file.relative_to(source).as_posix()
            if file.is_file() and path.startswith(CONTAINERS):
                yield path.removeprefix(CONTAINERS), file.read_bytes()
            elif file.is_file() and not path.startswith(LEFT_OUT) and "__pycache__" not in path:
                yield path, file.read_bytes()
    jars = sorted(source.glob("*-job/target/*-job.jar"))
    if len(jars) != 3:
        sys.exit(f"Cannot make the archive: {len(jars)} job JARs are built, and there are 3 jobs.")
    for jar in jars:
        yield f"jars/{jar.name}", jar.read_bytes()
    for page in (
        "extract-job/README.md",
        "ci/sandbox/README.md",
        "transform-job/README.md",
        "transform-job/VIEWS.md",
        "load-job/README.md",
    ):
        if (source / page).is_file():
            yield page, (source / page).read_bytes()


def packed(root: str, files: dict[str, bytes], seconds: int) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size, entry.mtime, entry.mode = len(data), seconds, 0o755 if name.endswith(".sh") else 0o644
            tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), compresslevel=6, mtime=seconds)


if __name__ == "__main__":
    main()
