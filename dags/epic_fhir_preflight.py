"""
### Check a site before the first run

Signs in, reads the server's CapabilityStatement, tries every search of the settings for one patient, and prints one table: what
works, what does not, and which settings to use. It only reads, with a few dozen requests, and keeps no resource. Run it by hand,
and again after the server's operator has changed something. The table is in the task's log and in the run report
(`result.preflight`).

**When it is red:** something that the settings need does not work or could not be tried. The table says what to do.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG

from epic_fhir import sites
from epic_fhir.defaults import every_dag
from epic_fhir.java_task import PhaseJava

for site in sites.names():
    with DAG(schedule=None, doc_md=__doc__, **every_dag("preflight", site, ["preflight"])):
        PhaseJava(
            task_id="preflight",
            module="extract-job",
            main="io.epicfhir.extract.Preflight",
            execution_timeout=timedelta(minutes=30),
            **sites.pool("source", site),
        )
