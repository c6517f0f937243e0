"""The command of the page that shows what lies in quarantine."""

import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from epic_fhir import quarantine

DAGS = Path(quarantine.__file__).parents[1]


def run(folder):
    """The command as it stands, with this Python."""
    command = quarantine.command(folder).replace("python -m", f"{shlex.quote(sys.executable)} -m")
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)  # noqa: S607


def test_lines_of_quarantine_are_shown_with_reason_file_and_line(tmp_path):
    folder = tmp_path / "export_id=e 1"
    folder.mkdir()
    row = {"reason": "not-json", "source_file": "Patient.ndjson", "source_line": 7, "part": 0, "line": b'{"id": "x\xff'}
    parquet.write_table(pa.Table.from_pylist([row]), folder / "a.parquet")
    (folder / "_SUCCESS").touch()
    assert run(str(folder)).stdout == 'not-json, Patient.ndjson line 7 part 0: {"id": "x\ufffd\n'
    assert run(f"file:{folder}").stdout == run(str(folder)).stdout


def test_the_list_of_resources_that_do_not_fit_a_view_is_shown_as_it_is(tmp_path):
    (tmp_path / "quarantine" / "view=patient").mkdir(parents=True)
    (tmp_path / "quarantine" / "view=patient" / "part-1.ndjson").write_text('{"id":"a"}\n{"id":"b"}\n')
    command = quarantine.of_view(f"file:{tmp_path}/views/patient", "patient")
    assert command == quarantine.command(f"file:{tmp_path}/quarantine/view=patient")
    assert run(f"{tmp_path}/quarantine/view=patient").stdout == '{"id":"a"}\n{"id":"b"}\n'


def test_a_folder_without_lines_says_so(tmp_path):
    assert run(str(tmp_path / "nowhere")).stderr.strip() == f"{tmp_path / 'nowhere'} holds no lines."


def on_a_terminal(folder):
    """What a terminal gets from the command."""
    ours, its = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "epic_fhir.quarantine", folder], stdout=its, cwd=DAGS):
        os.close(its)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:
            pass  # the other side is closed
        finally:
            os.close(ours)
    return shown.decode()


def test_a_terminal_gets_no_control_characters_and_a_file_gets_the_bytes_as_they_are(tmp_path):
    line = b'{"a": "\x1b]0;title\x07\x1b[2J\xc2\x9b31m\ttab"}'
    row = {"reason": "not-json", "source_file": "P", "source_line": 1, "part": 0, "line": line}
    parquet.write_table(pa.Table.from_pylist([row]), tmp_path / "a.parquet")
    shown = on_a_terminal(str(tmp_path))
    assert r'{"a": "\x1b]0;title\x07\x1b[2J\x9b31m' in shown
    assert shown.endswith('tab"}\r\n')
    assert "\\t" not in shown
    assert run(str(tmp_path)).stdout.encode() == b"not-json, P line 1 part 0: " + line + b"\n"


@pytest.mark.parametrize(
    "folders",
    [
        ["/data/north, south/quarantine/a", "/data/north, south/quarantine/b"],
        ["/data/north, south/quarantine/a"],
        ["/lake/quarantine/a", "/lake/quarantine/b", "/lake/quarantine/view=c, d"],
        ["s3a://b/quarantine/lake/quarantine/a", "s3a://b/quarantine/lake/quarantine/b"],
        [],
    ],
)
def test_the_folders_of_a_lake_whose_path_has_a_comma_are_told_apart(folders):
    assert quarantine.folders({"quarantine": ", ".join(folders)}) == folders
    assert quarantine.commands({"quarantine": ", ".join(folders)}) == "; ".join(quarantine.command(folder) for folder in folders)


@pytest.mark.parametrize("table", [None, "", "patient"])
def test_a_view_without_a_path_leaves_the_lake_to_the_reader(table):
    assert quarantine.of_view(table, "v") == quarantine.command("LAKE/quarantine/view=v")
