"""Spark's own cluster on this machine: a master and workers from the pyspark package, each a process, all on 127.0.0.1."""

import json
import os
import urllib.request
from pathlib import Path

from parts import Part, free_port, listens


class Standalone:
    """
    A master with its REST server, and workers of one core each.

    :param root: where logs and the workers' folders lie
    :param memory: of each worker, as Spark writes it
    :param machine: environment of the workers' machines, such as their keys of an object store: no task sends one along
    """

    def __init__(self, root: Path, workers: int = 2, memory: str = "1g", machine: dict[str, str] | None = None):
        self._machine = machine or {}
        self._root = root
        self._memory = memory
        self._ports = {name: free_port() for name in ("master", "web", "rest")}
        self._master = Part(root, "master")
        self._workers = [Part(root, f"worker-{n}") for n in range(1, workers + 1)]

    def start(self) -> None:
        env = os.environ | {
            "SPARK_CONF_DIR": str(self._root),  # none of the installation's
            "SPARK_MASTER_OPTS": f"-Dspark.master.rest.enabled=true -Dspark.master.rest.host=127.0.0.1 "
            f"-Dspark.master.rest.port={self._ports['rest']}",
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        base = [Path(os.environ["SPARK_HOME"]) / "bin" / "spark-class"]
        master = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1",
                  "--port", self._ports["master"], "--webui-port", self._ports["web"]]  # fmt: skip
        self._master.launch([*base, *master], lambda: listens(self._ports["web"]) and listens(self._ports["rest"]), env)
        for worker in self._workers:
            command = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", self._memory,
                       "--webui-port", free_port(), "--work-dir", self._root / "work", self.url]  # fmt: skip
            worker.launch([*base, *command], lambda: True, env | self._machine)
        for worker in self._workers:
            worker.wait(lambda: self.state()["aliveworkers"] == len(self._workers))

    def stop(self) -> None:
        """Workers first: each ends what it has started."""
        for part in (*self._workers, self._master):
            part.stop()

    @property
    def url(self) -> str:
        return f"spark://127.0.0.1:{self._ports['master']}"

    def connection(self, deploy_mode: str) -> str:
        """Airflow's connection, as JSON."""
        extra = {"deploy-mode": deploy_mode, "rest-port": self._ports["rest"]}
        return json.dumps({"conn_type": "spark", "host": self.url, "extra": extra})

    def state(self) -> dict:
        """What the master says of itself: aliveworkers, completedapps, completeddrivers, …"""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._ports['web']}/json/", timeout=10) as answer:
            return json.load(answer)
