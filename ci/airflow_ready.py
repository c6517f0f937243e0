"""Waits until a local Airflow is healthy and has read the DAGs; says what is wrong where it does not come up in time."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

PATIENCE_SECONDS = 300  # a busy machine needs two minutes, a quiet one 15 seconds
DAGS = "epic_fhir_etl"


def ask(url: str, token: str | None = None) -> dict:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def missing(url: str) -> str | None:
    """What is not there yet; None when all is."""
    try:
        health = ask(f"{url}/api/v2/monitor/health")
        for part in ("metadatabase", "scheduler", "dag_processor"):
            if (health.get(part) or {}).get("status") != "healthy":
                return f"{part} is not healthy"
        token = ask(f"{url}/auth/token")["access_token"]
        errors = ask(f"{url}/api/v2/importErrors", token)["import_errors"]
        if errors:
            return "a DAG file cannot be imported: " + errors[0]["stack_trace"]
        if not ask(f"{url}/api/v2/dags?dag_id_pattern={DAGS}", token)["dags"]:
            return f"no DAG {DAGS} is there"
    except (OSError, ValueError, KeyError) as e:  # an HTTPError is an OSError
        return str(e)
    return None


def main(url: str, home: Path) -> int:
    began = time.monotonic()
    while (lack := missing(url)) is not None:
        dead = [f.stem for f in home.glob("*.pid") if not psutil.pid_exists(int(f.read_text()))]
        if dead or time.monotonic() - began > PATIENCE_SECONDS:
            what = f"{', '.join(dead)} ended" if dead else lack
            print(f"Cannot start Airflow: {what}; look into {home}/logs", file=sys.stderr)
            return 1
        time.sleep(0.5)
    print(f"Airflow is up at {url} after {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
