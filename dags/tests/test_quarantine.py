"""The command of the page that shows what lies in quarantine."""

import shlex
import subprocess
import sys

import pyarrow as pa
from pyarrow import parquet

from epic_fhir import quarantine


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
