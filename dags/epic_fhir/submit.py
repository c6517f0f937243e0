"""The operators that start the jobs. What a job did is read from its run report, never from its log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
)

from epic_fhir import effort, logs, rerun, sites
from epic_fhir.database import database
from epic_fhir.installation import Installation
from epic_fhir.lake import Lake, RunKey
from epic_fhir.lineage import TellsLineage
from epic_fhir.phase import begun, listed, planned, settings_must_hold, settle
from epic_fhir.processes import local_folders, private, run_by, run_by_on_a_cluster, without_secrets
from epic_fhir.reports import answer, fresh, judge, of_try, reached_its_end
from epic_fhir.settings import Settings
from epic_fhir.task_states import transform_goes_on

if TYPE_CHECKING:
    from airflow.providers.apache.spark.hooks.spark_submit import SparkSubmitHook
    from airflow.sdk import Context

    from epic_fhir.archives import ClassArchive

"""In this time the scheduler notices that a task's process has ended."""
DRIVER_OF_TRY = "epic_fhir_driver"
"""The key under which a task stores the driver that it submitted, and the try."""


class PhaseSubmit(TellsLineage, SparkSubmitOperator):
    """
    Runs a Spark job by spark-submit and returns its report's path and answers.

    :param plan: of a rerun, which may leave the task out
    :param options: further arguments of the job, by name
    """

    template_fields = (*SparkSubmitOperator.template_fields, "export_id", "plan", "options")

    def __init__(
        self,
        *,
        module: str,
        main: str,
        export_id: str | None = None,
        plan: Any = None,
        options: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(java_class=main, **kwargs)
        self.options = options or {}
        self.module = module
        self.export_id = export_id
        self.plan = plan
        self._driver_of_try: int | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        key = RunKey.of(context)
        selection = planned(self, key.task_id, self.export_id)
        os.environ.update(run_by(context))
        with settings_must_hold():
            here = Installation.of(key.dag_id)
            lake = Settings.of(here).open_lake()
            # Before anything else that can end the task: what an earlier try reported is not to speak for this one.
            path, before = lake.report(key), self._begun(lake, key, context)
            self.application = str(here.jar(self.module))
            archive = self._start(here, effort.jvm_options(lake, key))
            self.properties_file = here.properties()
            self.jars = ",".join(here.extra_jars()) or None
        self._follow_drivers_elsewhere()
        self.application_args = key.arguments(here.conf, **selection, **listed(self.options))
        self.log.info(logs.opening(key, here.conf, selection.get("export_id")))
        self.name = f"{key.dag_id}.{key.task_id} {key.run_id}"
        self._spark_binary = here.spark_submit()
        failure: Exception | None = None
        try:
            with private(lake):
                super().execute(context)
        except (AirflowException, RuntimeError) as e:
            failure = e  # spark-submit's word for it; the report's is better
        report = lake.read_json(path)
        told = fresh(report, key, before) if self._driver_of_try is None else of_try(report, key, self._driver_of_try)
        ended = judge(key, told, self._exit_status(failure))
        if archive is not None:
            archive.keep(None if failure else 0)
        if failure is None:
            self._forget_driver(context)
        try:
            made = settle(ended)
        except AirflowException as e:
            raise e from None  # spark-submit's frames say nothing that the report does not say
        self.log.info(logs.closing(key, made, path))
        return answer(path, made)

    def _get_hook(self) -> SparkSubmitHook:
        hook = super()._get_hook()
        submit = hook.submit
        master = hook._connection["deploy_mode"] == "cluster"
        hook.submit = lambda application, **kwargs: submit(application, **{"env": without_secrets(master)} | kwargs)
        return hook

    def submit_job(self, context: Context) -> str | None:
        """Cluster mode: beside the driver, keeps whose it is; its report carries the number of the try that submitted it."""
        driver = super().submit_job(context)
        store = context.get("task_state_store")
        if store is not None and driver:
            store.set(DRIVER_OF_TRY, {"driver": driver, "try": context["ti"].try_number})
        return driver

    def get_job_status(self, external_id: Any, context: Context) -> str:
        """Cluster mode: how the driver of an earlier try does; where it lives or has done its work, its report is the answer."""
        status = super().get_job_status(external_id, context)
        if self.is_job_active(status) or self.is_job_succeeded(status):
            known = context["task_state_store"].get(DRIVER_OF_TRY) or {}
            self._driver_of_try = known.get("try", 0) if known.get("driver") == external_id else 0
        return status

    def _begun(self, lake: Lake, key: RunKey, context: Context) -> Any:
        """A driver on a cluster may have outlived the try that submitted it: then its report is awaited, or there already."""
        return lake.read_json(lake.report(key)) if self._has_driver(context) else begun(lake, key)

    @staticmethod
    def _has_driver(context: Context) -> bool:
        store = context.get("task_state_store")
        return store is not None and bool(store.get(DRIVER_OF_TRY))

    def _forget_driver(self, context: Context) -> None:
        """It has ended and was judged: a person who runs the task again wants a new run, not the last result."""
        store = context.get("task_state_store")
        if store is not None and store.get(DRIVER_OF_TRY):
            store.delete(self.external_id_key)
            store.delete(DRIVER_OF_TRY)

    def _follow_drivers_elsewhere(self) -> None:
        """In cluster mode YARN and Kubernetes are asked how the driver does, so that a later try finds it again."""
        connection = self._get_hook()._connection
        cluster = connection["deploy_mode"] == "cluster"
        self._yarn_track_via_rm_api = cluster and "yarn" in connection["master"]
        self._track_driver_via_k8s_api = cluster and "k8s" in connection["master"]

    def _start(self, here: Installation, jvm: list[str]) -> ClassArchive | None:
        """
        With the archive only in client mode, where the driver's JVM is spark-submit's own. This process, and its environment, are
        the task's.

        :param jvm: options where the driver does the work
        """
        archive = here.spark_archive(self.module)
        environment = here.environment()
        self.conf = {**(self.conf or {}), **local_folders()}
        connection = self._get_hook()._connection
        local = str(connection.get("master")).startswith("local")
        if connection.get("deploy_mode") == "cluster":
            self.conf |= run_by_on_a_cluster()
        else:
            properties, own = here.spark_start(self.module, archive, jvm if local else [])
            self.conf = {**(self.conf or {}), **properties}
            environment |= own
        os.environ.update(environment)
        return archive

    def _exit_status(self, failure: Exception | None) -> int | None:
        process = getattr(self._hook, "_submit_sp", None)
        status = getattr(process, "returncode", None)
        return status if status or failure is None else -1


class TransformSubmit(PhaseSubmit):
    """
    The transform job.

    It applies what has landed although extract failed for another group: one of them must not keep the others from the tables. So
    its trigger rule is ALL_DONE, which waits for extract's last try, and it looks itself whether something has landed.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        key = RunKey.of(context)
        planned(self, key.task_id, None)  # a plan that leaves the task out comes first
        self._something_must_have_landed(context, key)
        return super().execute(context)

    def _something_must_have_landed(self, context: Context, key: RunKey) -> None:
        state = _state_of("extract", context, key)
        if state == "success":
            return
        with settings_must_hold():
            lake = Settings.of(Installation.of(key.dag_id)).open_lake()
        self._begun(lake, key, context)  # load must not take an earlier try's report for this one's
        exports = None if self.plan is None else rerun.Plan.of_dict(self.plan).requested()
        if not transform_goes_on(lake, key, state, exports):
            raise AirflowFailException(
                f"Nothing was transformed, because no export of this run has landed (the state of extract is {state}). Fix extract "
                "first"
            )
        if state == "failed":
            self.log.warning("extract failed; transform continues with what has landed")


class LoadSubmit(PhaseSubmit):
    """
    The load job, with the database of an Airflow connection where the environment names one.

    It loads what the lake has although transform failed for a single type or view: one of them must not keep the others from
    PostgreSQL. So its trigger rule is ALL_DONE, and it looks itself whether transform reached its end.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        key = RunKey.of(context)
        planned(self, key.task_id, None)  # a plan that leaves the task out comes first
        self._transform_must_have_reached_its_end(context, key)
        with settings_must_hold():
            self._begun(Settings.of(Installation.of(key.dag_id)).open_lake(), key, context)
        with settings_must_hold(), database(sites.of(context["ti"].dag_id)) as env:
            os.environ.update(env)
            return super().execute(context)

    def _transform_must_have_reached_its_end(self, context: Context, key: RunKey) -> None:
        state = _state_of("transform", context, key)
        if state == "success":
            return
        with settings_must_hold():
            lake = Settings.of(Installation.of(key.dag_id)).open_lake()
        if state != "failed" or not reached_its_end(lake.read_json(lake.report(key, "transform"))):
            raise AirflowFailException(
                f"Nothing was loaded, because transform did not finish (its state is {state}). Fix transform first"
            )
        self.log.warning("transform failed for some types or views; load continues with all other tables")


def _state_of(task: str, context: Context, key: RunKey) -> str | None:
    """What the scheduler knows of another task of the run."""
    asked = {"dag_id": key.dag_id, "run_ids": [key.run_id], "task_ids": [task]}
    return context["ti"].get_task_states(**asked).get(key.run_id, {}).get(task)
