"""The audit log's chain, as the jobs write it (common's AuditLogTest holds the same)."""

import hashlib
import json

import pytest

from epic_fhir import audit
from epic_fhir.lake import Lake


@pytest.fixture
def lake(tmp_path):
    previous = "0" * 64
    (tmp_path / "audit").mkdir()
    for number in range(1, 5):
        entry = {"number": number, "previous": previous, "phase": "extract", "principal": "loader", "triggered_by": "ada"}
        content = json.dumps(entry | {"resources": {"Patient": {"received": 2, "written": 1}}, "patients": 2}).encode()
        (tmp_path / "audit" / f"{number:010}.json").write_bytes(content)
        previous = hashlib.sha256(content).hexdigest()
    return Lake(str(tmp_path))


def run(lake, monkeypatch, *hashes):
    monkeypatch.setattr("sys.argv", ["audit", lake.root, *hashes])
    return audit.main()


def test_a_whole_chain_is_shown_line_by_line(lake, monkeypatch, capsys):
    assert run(lake, monkeypatch, audit.read(lake).hashes[-1]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].endswith("2 received\t1 written\t2 patients")
    assert "ada" in lines[0]


CHAIN_BROKEN = (
    "0000000003.json does not match the number or hash of the record before it: one of the two was altered; see docs/audit.md"
)


RECORD = '{"number": 2, "previous": "", "resources": %s}'


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (lambda file: file(2).write_bytes(file(2).read_bytes().replace(b"ada", b"eve")), CHAIN_BROKEN),
        (lambda file: file(2).unlink(), "record 2 is missing"),
        (lambda file: file(2).write_text("{"), "0000000002.json is not an audit record"),
        (lambda file: file(3).write_bytes(file(2).read_bytes()), CHAIN_BROKEN),
        (
            lambda file: file(2).write_text('{"number": 2, "previous": "", "resources": [1]}'),
            "0000000002.json is not an audit record",
        ),
        (
            lambda file: file(4).write_text('{"number": 4, "previous": "", "resources": {"Patient": {"received": "2"}}}'),
            "0000000004.json is not an audit record",
        ),
        (lambda file: file(2).write_text("[2]"), "0000000002.json is not an audit record"),
    ],
    ids=["changed", "removed", "broken", "replaced", "no counts", "no numbers", "no record"],
)
def test_what_was_done_to_a_record_shows(lake, monkeypatch, capsys, tmp_path, tamper, said):
    tamper(lambda number: tmp_path / "audit" / f"{number:010}.json")
    assert run(lake, monkeypatch) == 5
    assert said in capsys.readouterr().err


def test_an_end_that_was_cut_off_shows_by_the_hash_that_a_log_kept(lake, monkeypatch, capsys, tmp_path):
    newest = audit.read(lake).hashes[-1]
    (tmp_path / "audit" / "0000000004.json").unlink()
    assert run(lake, monkeypatch) == 0
    assert run(lake, monkeypatch, newest) == 5
    assert "the end of the log was cut off" in capsys.readouterr().err


def copy_of(lake):
    files = [(file.stem, file.read_text()) for file in lake.files(f"{lake.root}/audit")]
    return [(int(number), hashlib.sha256(text.encode()).hexdigest(), text) for number, text in files]


def test_a_log_and_its_copy_in_the_database_must_be_the_same_but_for_what_came_after_the_last_load(lake):
    log, copy = audit.read(lake), copy_of(lake)
    assert audit.against(log, copy) == []
    assert audit.against(log, copy[:3]) == []
    assert audit.against(log, copy[:1] + copy[2:]) == ["record 2 of the lake is missing in the database"]
    assert audit.against(log, [*copy[:3], (4, copy[3][1], "{}")]) == ["record 4 of the database was changed there"]
    there = "record 1 of the database is missing in the lake, or differs there"
    assert audit.against(log, [copy[0], (1, *copy[2][1:]), (1, *copy[3][1:])]) == [there, there], "2 went, and the numbers hide it"
    assert audit.against(log, []) == ["The database has no audit record: no load copied any, or the table was emptied"]


def test_a_log_that_was_cut_off_or_written_anew_shows_by_its_copy(lake, tmp_path):
    copy = copy_of(lake)
    newest = tmp_path / "audit" / "0000000004.json"
    rewritten = newest.read_text().replace("ada", "eve")
    newest.unlink()
    assert audit.against(audit.read(lake), copy) == ["record 4 of the database is missing in the lake, or differs there"]
    newest.write_text(rewritten)
    assert audit.read(lake).problems == []
    assert "record 4 of the database is missing in the lake, or differs there" in audit.against(audit.read(lake), copy)


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\x1b", "\x00", "\x7f", "\x9b", "\u2028", "\u202e"], ids=ascii)
@pytest.mark.parametrize("field", ["reason", "principal", "patients"])
def test_no_field_begins_another_line_or_field_or_speaks_to_the_terminal(field, sign):
    plain, forged = audit.line({"number": 7}), audit.line({"number": 7, field: f"ok{sign}8"})
    assert sign == "\t" or sign not in forged
    assert forged.count("\t") == plain.count("\t")
    assert f"ok{sign.encode('unicode_escape').decode()}8" in forged


def test_a_name_in_another_script_is_shown_as_it_is():
    assert "Zoë 李" in audit.line({"principal": "Zoë 李"})


def test_a_database_that_is_away_is_told_without_the_servers_words(lake, monkeypatch, capsys):
    away = "host=127.0.0.1 port=1 user=auditor dbname=hunter2 connect_timeout=1"
    assert run(lake, monkeypatch, "--database", away) == 6
    shown = capsys.readouterr().err
    assert shown == (
        "Cannot read the table audit of fhir_pipeline in the database, so nothing was compared with it: "
        "OperationalError, SQLSTATE unknown\n"
    )


def test_no_record_is_no_proof(tmp_path, monkeypatch):
    assert run(Lake(str(tmp_path)), monkeypatch) == 5


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://u:{SECRET}@127.0.0.1:1/db",
        f"postgresql://u@127.0.0.1:1/db?password={SECRET}",
        f"postgresql://u@127.0.0.1:1/db?pass%77ord={SECRET}",
        f"postgresql://u@127.0.0.1:1/db?sslkey=k&sslpassword={SECRET}",
        f"host=127.0.0.1 port=1 password={SECRET}",
        f"host=127.0.0.1 sslpassword={SECRET}",
        f"postgresql//u:{SECRET}@host/db",
        f"postgresql://u:{SECRET} x@host/db",
        f"postgresql://u:{SECRET}%ZZ@host/db",
        f"jdbc:postgresql://host/db?user=u&password={SECRET}",
    ],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(lake, monkeypatch, capsys, address):
    with pytest.raises(SystemExit) as ended:
        run(lake, monkeypatch, "--database", address)
    assert ended.value.code == 2
    told = capsys.readouterr()
    assert "--database" in told.err
    assert SECRET not in told.out + told.err


@pytest.mark.parametrize("word", [f"postgresql://u:{SECRET}@127.0.0.1/db", "", "0" * 63])
def test_what_is_no_hash_is_not_looked_for(lake, monkeypatch, capsys, word):
    with pytest.raises(SystemExit) as ended:
        run(lake, monkeypatch, word)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "a HASH has 64 hexadecimal digits" in told
    assert SECRET not in told


def test_a_copy_that_cannot_be_read_is_no_copy_that_is_the_same(lake, monkeypatch, capsys, tmp_path):
    database = ("--database", "postgresql://u@127.0.0.1:1/db")
    assert run(lake, monkeypatch, *database) == 6
    assert "so nothing was compared with it: " in capsys.readouterr().err
    (tmp_path / "audit" / "0000000002.json").write_text("{")
    assert run(lake, monkeypatch, *database) == 5
    assert "0000000002.json is not an audit record" in capsys.readouterr().err
