"""The data dictionary of views: tables, keys, and figures of the last run."""

import json
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dictionary
from parts import HOME


@pytest.fixture
def known(tmp_path):
    def view(name: str, *selects: dict):
        text = {"name": name, "resource": "Patient", "description": f"Of {name} <1>", "select": list(selects)}
        (tmp_path / f"{name}.json").write_text(json.dumps(text))

    key = {"name": "id", "path": "getResourceKey()", "type": "id", "description": "Key of the person"}
    owner = {**key, "description": "Key of the person: person.id"}
    value = {"name": "value", "path": "value", "type": "string", "description": "A & B"}
    view("person", {"column": [key]})
    view("person_item", {"column": [owner]}, {"forEach": "item", "select": [{"column": [value]}]})
    return dictionary.tables(tmp_path)


def test_the_sources_have_keys_as_tests(known):
    source = yaml.safe_load(yaml.safe_dump(dictionary.sources(known, "fhir")))["sources"][0]
    person, item = source["tables"]
    assert person["columns"] == [{"name": "id", "description": "Key of the person", "data_tests": ["not_null", "unique"]}]
    assert [column["name"] for column in item["columns"]] == ["id", "value"]
    to = {"to": "source('fhir', 'person')", "field": "id", "config": {"severity": "warn"}}
    assert item["columns"][0]["data_tests"] == ["not_null", {"relationships": to}]
    assert "data_tests" not in item["columns"][1]


def test_the_page_has_rows_null_shares_and_links_between_keys(known):
    page = dictionary.page(known, {"person_item": {"rows": 1234, "null_share": {"id": 0.0, "value": 0.25}}})
    assert "<td>1,234<td>Of person_item &lt;1&gt;" in page
    assert '<td>id<td>id<td><a href="#person">person.id</a><td>0%' in page
    assert "<td>value<td>string<td><td>25%<td>A &amp; B<td><code>value</code>" in page
    assert "<td>id<td>id<td>primary key<td>–" in page


def test_joined_tables_and_lookups_are_in_it_with_the_types_of_what_they_take_over(known, tmp_path):
    folder = tmp_path / "joined"
    folder.mkdir()
    (folder / "colour.csv").write_text("code,weight:decimal\nred,1\n")
    (folder / "person_full.sql").write_text(
        "-- description: One row per person,\n--   with items\n-- depends: person, "
        "lookup colour (optional: code, weight:decimal), base\n"
        "-- column id: Key: person.id\n-- column weight: How heavy\n-- column items (integer): How many\nSELECT 1"
    )
    (folder / "base.sql").write_text("-- description: x\n-- depends: person_full\nSELECT 1")  # a cycle, which transform refuses
    base, colour, full = dictionary.joined(folder, folder, known)
    assert [(column.name, column.type) for column in colour.columns] == [("code", "string"), ("weight", "decimal")]
    assert [(column.name, column.type) for column in full.columns] == [("id", "id"), ("weight", "decimal"), ("items", "integer")]
    assert (full.description, full.target(full.columns[0])) == ("One row per person, with items", "person")
    assert (base.resource, colour.resource) == ("joined", "lookup")
    columns = dictionary.sources([*known, full], "fhir")["sources"][0]["tables"][2]["columns"]
    assert [test for test in columns[0]["data_tests"] if test == "not_null"], "a joined row may repeat its id"


def test_the_shipped_joined_tables_describe_every_column_and_their_keys_lead_somewhere():
    views = dictionary.tables(HOME / "conf" / "views")
    own = dictionary.joined(HOME / "conf" / "joined", HOME / "conf" / "lookups", views)
    known = {table.name for table in views}
    joined = [table for table in own if table.resource == "joined"]
    assert {"medication_order", "lab_result", "encounter_full", "problem_list"} <= {table.name for table in joined}
    assert all(table.description and column.description for table in joined for column in table.columns)
    assert {target for table in joined for column in table.columns if (target := table.target(column))} <= known


def test_every_key_of_the_shipped_views_leads_to_a_table_of_one_row_a_resource():
    known = {table.name: table for table in dictionary.tables(HOME / "conf" / "views")}
    targets = {(table.name, column.name): table.target(column) for table in known.values() for column in table.columns}
    assert targets["observation", "patient_id"] == "patient"
    assert targets["observation_component", "id"] == "observation"
    assert {at for at, target in targets.items() if target and (target not in known or not known[target].row_each)} == set()


def written(monkeypatch, tmp_path, **options):
    words = [word for name, value in ({"out": tmp_path / "out"} | options).items() for word in (f"--{name}", str(value))]
    monkeypatch.setattr("sys.argv", ["dictionary.py", *words])
    return dictionary.main()


@pytest.mark.parametrize("option", ["views", "joined", "lookups"])
def test_a_folder_that_is_not_there_is_no_folder_without_tables(monkeypatch, tmp_path, capsys, option):
    with pytest.raises(SystemExit) as ended:
        written(monkeypatch, tmp_path, **{option: tmp_path / "typo"})
    assert ended.value.code == 2
    assert f"{tmp_path / 'typo'} is not a folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_dictionary_without_a_view_is_not_written(monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit):
        written(monkeypatch, tmp_path, views=tmp_path)
    assert f"{tmp_path} has no view" in capsys.readouterr().err


@pytest.mark.parametrize("later", [[], [{"run_id": "b", "views": {}}], [{"run_id": "b"}, {"run_id": "c", "views": None}]])
def test_the_figures_are_those_of_the_newest_run_that_came_to_the_tables(monkeypatch, tmp_path, later):
    first = {"run_id": "0", "views": {"patient": {"rows": 7}}}
    good = {"run_id": "a", "views": {"patient": {"rows": 1234, "null_share": None}}}
    (tmp_path / "history.json").write_text(json.dumps({"runs": [first, good, *later]}))
    assert written(monkeypatch, tmp_path, history=tmp_path / "history.json") == 0
    assert '<a href="#patient">patient</a><td>Patient<td>1,234<td>' in (tmp_path / "out" / "tables.html").read_text()
