"""The database of the load task, by a connection of Airflow's."""

import json
import os
import stat
from pathlib import Path

import pytest

from epic_fhir.database import database
from epic_fhir.installation import SettingsError


def connect(monkeypatch, **parts):
    whole = {
        "conn_type": "postgres",
        "host": "db",
        "port": 5433,
        "schema": "w",
        "login": "loader",
        "password": "open sesame",
    } | parts
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(whole))
    monkeypatch.setenv("EPIC_FHIR_DB_CONN_ID", "warehouse")


def test_without_a_connection_the_settings_hold(monkeypatch):
    monkeypatch.delenv("EPIC_FHIR_DB_CONN_ID", raising=False)
    with database() as env:
        assert env == {}


def test_a_connection_becomes_the_settings_environment_and_the_password_a_file_for_as_long(monkeypatch):
    connect(monkeypatch, extra={"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"})
    with database() as env:
        assert env["EPIC_FHIR_JDBC_URL"] == "jdbc:postgresql://db:5433/w?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem"
        assert env["EPIC_FHIR_DB_USER"] == "loader"
        file = Path(env["EPIC_FHIR_DB_PASSWORD_FILE"])
        assert file.read_text() == "open sesame"
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "sesame" not in json.dumps(env)
    assert not file.exists()


def test_a_connection_without_a_password_names_no_file(monkeypatch):
    connect(monkeypatch, password=None, port=None)
    with database() as env:
        assert env == {"EPIC_FHIR_JDBC_URL": "jdbc:postgresql://db:5432/w", "EPIC_FHIR_DB_USER": "loader"}


@pytest.mark.parametrize(("parts", "said"), [({"conn_type": "mysql"}, "its type is mysql"), ({"host": ""}, "must be set")])
def test_a_connection_that_does_not_do_is_named(monkeypatch, parts, said):
    connect(monkeypatch, **parts)
    with pytest.raises(SettingsError, match=f"Cannot load by the connection warehouse: .*{said}"), database():
        pass


def test_what_a_killed_task_left_of_a_password_is_removed_by_the_next(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    connect(monkeypatch)
    alive, dead = tmp_path / f"epic-fhir-password-{os.getpid()}-a", tmp_path / "epic-fhir-password-99999999-b"
    for folder in (alive, dead):
        folder.mkdir()
        (folder / "password").write_text("open sesame")
    with database() as env:
        assert Path(env["EPIC_FHIR_DB_PASSWORD_FILE"]).is_file()
        assert not dead.exists()
        assert alive.exists()
