"""
What a task reports to OpenLineage: the tables that it read and wrote, with their rows and bytes, by its run report.

Airflow's provider for OpenLineage asks for it, where it is installed and has a transport; without it nothing here is called.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from epic_fhir.installation import Installation
from epic_fhir.settings import Settings

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage


class TellsLineage:
    """An operator whose task leaves a run report."""

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        """The provider's own name for the question."""
        from airflow.providers.openlineage.extractors import OperatorLineage
        from openlineage.client.event_v2 import InputDataset, OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

        here = Installation.of(task_instance.dag_id)
        settings = Settings.of(here)
        lake = settings.open_lake()
        run = lake.metrics(task_instance.dag_id, task_instance.run_id, f"{task_instance.task_id}.json")
        report = lake.read_json(run) or {}
        database = _database(settings.database)
        inputs = [
            InputDataset(*dataset(told["path"], lake.root, database)) for told in report.get("inputs") or [] if told.get("path")
        ]
        outputs = []
        for told in report.get("outputs") or []:
            if told.get("path"):
                counts = statistics.OutputStatisticsOutputDatasetFacet(rowCount=told.get("rows"), size=told.get("bytes"))
                namespace, name = dataset(told["path"], lake.root, database)
                outputs.append(OutputDataset(namespace, name, outputFacets={"outputStatistics": counts}))
        return OperatorLineage(inputs=inputs, outputs=outputs)


def dataset(path: str, lake: str, database: tuple[str, str]) -> tuple[str, str]:
    """
    Namespace and name as OpenLineage's naming has them.

    :param path: of a report: a folder, that may begin at the lake, or schema.table
    :param database: the namespace of PostgreSQL, and the database's name
    """
    if "/" not in path:
        return database[0], f"{database[1]}.{path}" if database[1] else path
    whole = path if re.match(r"/|[a-z][a-z0-9]+:", path) else f"{lake}/{path}"
    store = re.match(r"(s3|gs|abfss|hdfs|wasbs)[an]?://([^/]+)/(.*)", whole)
    return (f"{store[1]}://{store[2]}", store[3]) if store else ("file", re.sub(r"^file:(//(?=/))?", "", whole))


def _database(jdbc: str) -> tuple[str, str]:
    told = re.match(r"jdbc:postgresql://([^/?]+)/([^?]+)", jdbc)
    return (f"postgres://{told[1] if ':' in told[1] else told[1] + ':5432'}", told[2]) if told else ("postgres", "")
