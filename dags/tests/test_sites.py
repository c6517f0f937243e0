"""Several sites by settings alone."""

import shutil
from pathlib import Path

import pytest

from epic_fhir import sites
from epic_fhir.installation import Installation, SettingsError
from epic_fhir.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "dags"


@pytest.fixture
def two_sites(tmp_path, monkeypatch):
    """An installation of a site in the north and one in the south, each with its own settings file."""
    shutil.copytree(REPOSITORY / "conf", tmp_path / "conf")
    for site in ("north", "south"):
        text = f'include "pipeline.conf"\nepic-fhir {{ lake = "../lakes/{site}", load.schema = "fhir_{site}" }}\n'
        (tmp_path / "conf" / f"{site}.conf").write_text(text)
    monkeypatch.setenv("EPIC_FHIR_HOME", str(tmp_path))
    monkeypatch.setenv("EPIC_FHIR_JARS", str(REPOSITORY / "extract-job" / "target"))
    monkeypatch.setenv("EPIC_FHIR_SITES", "north, south")
    return tmp_path


def load(file):
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(FOLDER / file))
    assert bag.import_errors == {}
    return bag.dags


def test_each_site_has_its_own_dag_pools_and_assets(two_sites, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_SCHEDULE_SOUTH", "30 2 * * *")
    dags, reruns = load("epic_fhir_etl.py"), load("epic_fhir_rerun.py")
    assert sorted(dags) == ["epic_fhir_etl_north", "epic_fhir_etl_south"]
    for site in ("north", "south"):
        etl = dags[f"epic_fhir_etl_{site}"]
        assert site in etl.tags
        assert {t.pool for t in etl.tasks} == {f"epic_fhir_source_{site}", f"epic_fhir_lake_{site}", "default_pool"}
        for dag in (etl, reruns[f"epic_fhir_rerun_{site}"]):
            assert {asset.name for asset in dag.get_task("validate").outlets} == {
                f"epic_fhir_{what}_{site}" for what in ("bronze", "silver", "views")
            }
    assert dags["epic_fhir_etl_north"].timetable.expression == "0 4 * * *"
    assert dags["epic_fhir_etl_south"].timetable.expression == "30 2 * * *"


@pytest.mark.parametrize("what", ["care", "baseline", "rerun"])
def test_every_other_dag_is_there_for_each_site_too(two_sites, what):
    assert sorted(load(f"epic_fhir_{what}.py")) == [f"epic_fhir_{what}_north", f"epic_fhir_{what}_south"]


def test_a_sites_settings_are_its_own_file_over_the_shared_one(two_sites):
    north, south = (Installation.of(f"epic_fhir_etl_{site}") for site in ("north", "south"))
    assert (north.conf.name, south.conf.name) == ("north.conf", "south.conf")
    assert Settings.of(north).lake == str(two_sites / "lakes" / "north")
    assert Settings.of(south).lake == str(two_sites / "lakes" / "south")


def test_a_site_without_a_file_says_what_to_write(two_sites, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_SITES", "east")
    with pytest.raises(
        SettingsError, match=r'east.conf; create this file for the site; its first line must be: include "pipeline.conf"'
    ):
        Installation.of("epic_fhir_etl_east")


def test_what_airflow_reads_is_the_sites_own_where_it_is_set(monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_DB_CONN_ID", "warehouse")
    monkeypatch.setenv("EPIC_FHIR_DB_CONN_ID_NORTH", "warehouse_north")
    assert sites.value("DB_CONN_ID", "north") == "warehouse_north"
    assert sites.value("DB_CONN_ID", "south") == "warehouse"
    monkeypatch.setenv("EPIC_FHIR_DB_CONN_ID_SOUTH", "")
    assert sites.value("DB_CONN_ID", "south") == ""


@pytest.mark.parametrize("told", ["North", "a,a", "no-rth", "1st"])
def test_a_name_that_is_none_is_told_with_what_is_one(told, monkeypatch):
    monkeypatch.setenv("EPIC_FHIR_SITES", told)
    with pytest.raises(ValueError, match="site names contain only a-z and 0-9, and each name occurs once"):
        sites.names()


def test_a_site_keeps_what_it_does_not_say_otherwise(two_sites):
    north = Installation.of("epic_fhir_etl_north")
    assert Settings.of(north).database == "jdbc:postgresql://127.0.0.1:5432/postgres"
    north.conf.write_text(
        '# its own\n\ninclude "pipeline.conf"\nepic-fhir.load.jdbc-url = "jdbc:postgresql://db:5433/north?password=x"\n'
    )
    assert Settings.of(north).database == "jdbc:postgresql://db:5433/north"


def test_a_change_of_the_shared_settings_reaches_every_site(two_sites):
    north = Installation.of("epic_fhir_etl_north")
    assert Settings.of(north).readers == "owner"
    shared = two_sites / "conf" / "pipeline.conf"
    shared.write_text(shared.read_text() + '\nepic-fhir.files.readers = "group"\n')
    assert Settings.of(north).readers == "group"


def test_a_shared_file_that_is_not_there_is_not_passed_over(two_sites):
    north = Installation.of("epic_fhir_etl_north")
    north.conf.write_text('include "nobody.conf"\n')
    with pytest.raises(
        SettingsError, match=r"Cannot read the settings: .*/north.conf includes files that do not exist: nobody.conf; create them"
    ):
        Settings.of(north)
