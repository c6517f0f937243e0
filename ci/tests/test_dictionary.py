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


def test_every_key_of_the_shipped_views_leads_to_a_table_of_one_row_a_resource():
    known = {table.name: table for table in dictionary.tables(HOME / "conf" / "views")}
    targets = {(table.name, column.name): table.target(column) for table in known.values() for column in table.columns}
    assert targets["observation", "patient_id"] == "patient"
    assert targets["observation_component", "id"] == "observation"
    assert {at for at, target in targets.items() if target and (target not in known or not known[target].row_each)} == set()
