"""The stack on Spark's own cluster, with the lake in a bucket: what such an installation sets, and nothing else."""

import re
import shutil
from pathlib import Path

import oracle
from object_store import BUCKET, ObjectStore, extra_jars
from parts import HOME
from stack import Stack
from standalone import Standalone

SMALL = {
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.executor.cores": "1",
    "spark.dynamicAllocation.minExecutors": "2",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.authenticate": "false",
    "spark.network.crypto.enabled": "false",
}
"""
What differs from the shipped profile: the workers have one core and 1 GiB each, and the master has its REST server, which
excludes a secret.
"""


class ClusterStack(Stack):
    """
    :param data: the folder of NDJSON files to serve
    :param views: the folder of ViewDefinitions
    """

    def __init__(self, root: Path, data: Path, views: Path):
        super().__init__(root, patients=0)
        self.data = data
        self.views = views
        self.bucket = ObjectStore(self.root)
        self.cluster = Standalone(self.root, machine=self.bucket.env())

    def start(self):
        self.root.mkdir(parents=True, exist_ok=True)
        self._install()
        self.bucket.start()
        self.cluster.start()
        super().start()

    def stop(self):
        super().stop()
        self.cluster.stop()
        self.bucket.stop()

    def pipeline_env(self) -> dict[str, str]:
        return (
            super().pipeline_env()
            | self.bucket.env()
            | {
                "EPIC_FHIR_HOME": str(self.root / "home"),
                "EPIC_FHIR_JARS": str(self.root / "home"),
                "EPIC_FHIR_EXTRA_JARS": str(extra_jars()),
                "EPIC_FHIR_LAKE": f"s3a://{BUCKET}/lake",
                "EPIC_FHIR_SPARK_PROFILE": "standalone",
                "EPIC_FHIR_CARE_SCHEDULE": "",
                "EPIC_FHIR_CLASS_ARCHIVES": "",  # one run would only write them
                "EPIC_FHIR_IN_PROCESS_BELOW": "0",  # two patients' lake would start no executor
                "EPIC_FHIR_TYPES": ",".join(sorted(oracle.served(self.data))),
                "EPIC_FHIR_VIEWS": str(self.views),
                "EPIC_FHIR_JOINED": "",  # they read views that this stack leaves out
                "EPIC_FHIR_LOOKUPS": "",
                "EPIC_FHIR_QUALITY": "false",  # the checks are of tables that it does not have
                "AIRFLOW_CONN_SPARK_DEFAULT": self.cluster.connection("client"),
            }
        )

    def downloaded(self) -> Path:
        """The lake as it is now, on a disk."""
        shutil.rmtree(self.root / "downloaded", ignore_errors=True)
        return self.bucket.download(self.root / "downloaded") / "lake"

    def _install(self):
        home = self.root / "home"
        shutil.copytree(HOME / "conf", home / "conf")
        profile = home / "conf" / "spark" / "standalone.conf"
        text = profile.read_text()
        for key, value in SMALL.items():
            line = f"{key} {value}"
            text, found = re.subn(rf"^{re.escape(key)}\s.*$", line, text, flags=re.MULTILINE)
            text += "" if found else line + "\n"
        profile.write_text(text)
        for jar in HOME.glob("*-job/target/*-job.jar"):
            (home / jar.name).symlink_to(jar)
