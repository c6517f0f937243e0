"""
### Erase patients, and keep them out

For a patient who has the right to be forgotten, or who opts out. The patients are listed in a file on the machine where the jobs
run, one a line, an id or an identifier as `system|value` (an MRN). Only its owner may read it (`chmod 600`). The parameter is the
path, never the content.

| field | |
|---|---|
| patients | the path of that file |
| mode | `plan` counts what would go; `go` counts, asks for approval, erases, loads and proves; `readmit` takes them off the list |

`go` removes the patients, what is about them, and ids merged with theirs from bronze, silver, every table made of them,
quarantine, the state and PostgreSQL, old versions too. A list of keyed hashes keeps them out of every later export and crawl.
**Backups, replicas and copies are not reached.** After `readmit` the next export or crawl ingests everything.

`readmit`, too, counts and asks for approval. If the file lists others than were counted, or, with `go`, links or MRNs name others,
nothing is done (exit 2): trigger it again. Records on the list by then stay out of later exports, and are erased when approved.

**When it is red:** clear the failed task; each task continues where it stopped. `prove` red: a file still names somebody on the
list, or could not be read; its message says in which layer. Nothing in reports or logs names anybody.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Param, get_current_context, task

from epic_fhir import sites
from epic_fhir.defaults import every_dag
from epic_fhir.erase import LoadErased, approved, counted
from epic_fhir.java_task import PhaseJava
from epic_fhir.submit import PhaseSubmit


@task.branch(execution_timeout=timedelta(minutes=5))
def asked() -> str:
    """What the form asks for."""
    return "plan_readmit" if get_current_context()["params"]["mode"] == "readmit" else "plan"


@task.short_circuit(execution_timeout=timedelta(minutes=5))
def go() -> bool:
    """A plan ends with its counts."""
    return get_current_context()["params"]["mode"] == "go"


@task.sensor(mode="reschedule", poke_interval=60, timeout=timedelta(hours=24).total_seconds())
def quiet(dag_ids: list[str]) -> bool:
    """No run is in progress: one that took in a patient before the erasure would miss its rows when it counts."""
    ti = get_current_context()["ti"]
    return all(ti.get_dr_count(dag_id=dag_id, states=["running"]) == 0 for dag_id in dag_ids)


def chain(site: str) -> None:
    """The tasks of one site's DAG."""
    source, lake = sites.pool("source", site), sites.pool("lake", site)
    named = {"patients": "{{ params.patients }}"}
    erase = {"module": "transform-job", "main": "io.epicfhir.transform.Erase", **lake}
    opt_out = {"module": "extract-job", "main": "io.epicfhir.extract.OptOut", **source}
    load = {"module": "load-job", **lake}
    approval = {"response_timeout": timedelta(days=3), "defaults": "Reject"}
    begin = asked()
    plan = PhaseSubmit(task_id="plan", options=named | {"mode": "plan"}, **erase)
    erase_them = {
        "subject": "Erase these patients for good?",
        "body": counted("plan") + " No backup is reached. It cannot be undone.",
    }
    approve = ApprovalOperator(task_id="approve", **erase_them, **approval)
    plan_readmit = PhaseJava(task_id="plan_readmit", options=named | {"mode": "plan-readmit"}, **opt_out)
    take_back = {"subject": "Let these patients' records come back?", "body": counted("plan_readmit") + " By the next full export."}
    approve_readmit = ApprovalOperator(task_id="approve_readmit", **take_back, **approval)
    done = PhaseSubmit(task_id="erase", options=named | {"mode": "go"} | approved("plan"), **erase)
    forget = PhaseJava(task_id="forget", options={"mode": "forget"}, **opt_out)
    # This run has no page: its warnings wait for the load of one that has.
    loaded = LoadErased(task_id="load", main="io.epicfhir.load.Load", options={"mode": "unjudged"}, **load)
    purge = LoadErased(task_id="purge", main="io.epicfhir.load.Purge", **load)
    prove = PhaseSubmit(task_id="prove", options={"mode": "prove"}, **erase)
    readmit = PhaseJava(task_id="readmit", options=named | {"mode": "readmit"} | approved("plan_readmit"), **opt_out)
    runs = quiet([sites.named("etl", site), sites.named("rerun", site)])
    begin >> plan >> go() >> approve >> runs >> done >> forget >> loaded >> purge >> prove
    begin >> plan_readmit >> approve_readmit >> readmit


for site in sites.names():
    with DAG(
        schedule=None,
        doc_md=__doc__,
        params={
            "patients": Param("", type="string", pattern="^/[^\\n]+$", description="Path of the file that lists the patients"),
            "mode": Param(
                "plan", type="string", enum=["plan", "go", "readmit"], description="Count, erase, or readmit (take off the list)"
            ),
        },
        **every_dag("erase", site, ["on-call", "privacy"]),
    ):
        chain(site)
