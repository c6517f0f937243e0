"""The variables that Airflow itself reads, and what the processes of a cluster are given of all of them."""

import re
import runpy
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from epic_fhir import defaults
from epic_fhir.installation import SettingsError
from epic_fhir.processes import without_secrets

DEFAULTS = Path(defaults.__file__)


def read(monkeypatch, site, **variables):
    """The DAGs' common arguments and deadline with these variables, as a process reads them that starts now."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    made = runpy.run_path(str(DEFAULTS))
    return made["every_dag"]("etl", site, []), made["deadline"](site)


@pytest.mark.parametrize(
    ("name", "value", "example"),
    [
        *(("EPIC_FHIR_RETRIES", value, "such as 3") for value in ("three", "-1", "1.5", "nan", "1_0", "٣")),
        *(("EPIC_FHIR_RETRY_SECONDS", value, "such as 120") for value in ("2 minutes", "-120", "PT2M")),
        *(("EPIC_FHIR_START", value, "such as 2025-01-01") for value in ("yesterday", "01.02.2025", "2025-13-01")),
        *(("EPIC_FHIR_DEADLINE_HOURS", value, "such as 6") for value in ("6h", "-1", "nan", "inf", "1e9", "999999999")),
    ],
)
@pytest.mark.parametrize("site", ["", "north"])
def test_a_value_that_cannot_be_used_is_told_with_its_variable_and_an_example(monkeypatch, name, value, example, site):
    variable = f"{name}_NORTH" if site and "RETR" not in name else name
    with pytest.raises(Exception, match=re.escape(f"Cannot use {variable}={value}: expected ")) as problem:
        read(monkeypatch, site, **{variable: value})
    assert example in str(problem.value)
    assert type(problem.value).__name__ == SettingsError.__name__


def test_what_airflow_shows_of_it_is_one_sentence():
    code = "import os; os.environ['EPIC_FHIR_RETRIES'] = 'three'; import epic_fhir.defaults"
    ended = subprocess.run([sys.executable, "-c", code], cwd=DEFAULTS.parents[1], capture_output=True, text=True, check=False)
    assert ended.stderr.splitlines()[-1].startswith("epic_fhir.installation.SettingsError: Cannot use EPIC_FHIR_RETRIES=three")


def test_values_that_can_be_used(monkeypatch):
    given, deadline = read(
        monkeypatch,
        "",
        EPIC_FHIR_RETRIES="0",
        EPIC_FHIR_RETRY_SECONDS=" 5 ",
        EPIC_FHIR_START="2026-02-03T00:00:00+01:00",
        EPIC_FHIR_DEADLINE_HOURS="0.002",
    )
    assert (given["default_args"]["retries"], given["default_args"]["retry_delay"]) == (0, timedelta(seconds=5))
    assert given["start_date"] == datetime(2026, 2, 2, 23, tzinfo=timezone.utc)
    assert deadline.interval == timedelta(hours=0.002)


@pytest.mark.parametrize("value", ["", "0"])
def test_without_a_deadline_nobody_is_told(monkeypatch, value):
    given, deadline = read(monkeypatch, "", EPIC_FHIR_DEADLINE_HOURS=value, EPIC_FHIR_RETRIES="", EPIC_FHIR_START="")
    assert deadline is None
    assert (given["default_args"]["retries"], given["start_date"]) == (3, datetime(2025, 1, 1, tzinfo=timezone.utc))


@pytest.mark.parametrize(
    "value",
    [
        "https://u:CANARY@h",
        "postgres://u:CANARY@h/d",
        "https://CANARY@h/x",
        "postgres://u:CAN/ARY@h/d",
        "jdbc:postgresql://h:5432/d?user=u&password=CANARY",
        "https://h/container?sv=1&sig=CANARY",
        "host=h user=u password=CANARY",
    ],
)
@pytest.mark.parametrize("name", ["VAULT_CREDENTIALS_URI", "DATABASE_URL", "http_proxy", "AWS_CONTAINER_TOKEN_FILE"])
def test_a_clusters_master_gets_no_value_with_credentials_in_a_url(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert name not in without_secrets(master=True)
    assert without_secrets()[name] == value


@pytest.mark.parametrize(
    "value",
    [
        "http://169.254.170.2/v2/credentials",
        "/var/run/secrets/token",
        "s3a://bucket/lake@2",
        "jdbc:postgresql://h:5432/d?user=fhir@hospital",
        "file:///lake",
        "spark://h:7077",
        "who@hospital.example",
    ],
)
def test_an_address_without_credentials_passes(monkeypatch, value):
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", value)
    assert without_secrets(master=True)["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == value
