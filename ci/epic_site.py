"""A site with Epic's manners under a real scheduler: what happens there by day, and what is wrong in the tables after the night."""

import json
from pathlib import Path

import oracle
from parts import JavaPart, sandbox_admin
from stack import DAG, Stack


class EpicSite(Stack):
    """
    A stack with the sandbox's profile epic.

    :param more: further environment of Airflow
    """

    def __init__(self, root: Path, patients: int, more: dict[str, str] | None = None):
        super().__init__(root, patients, more, profile="epic")
        self.had: oracle.Resources = {}

    def sandbox(self) -> JavaPart:
        return JavaPart(self.root, "sandbox")

    # ---- by day ----

    def happens(self, event: str, **what):
        """An event of ci/sandbox/README.md."""
        sandbox_admin(self.sandbox(), event, "POST", what)

    def over(self, event: str):
        """It is over."""
        sandbox_admin(self.sandbox(), event, "DELETE")

    def patients_of_the_group(self) -> list[str]:
        return sorted(oracle.reachable(self.sandbox())["Patient"])

    # ---- by night ----

    def night(self, run_id: str, dag: str = DAG, conf: dict | None = None) -> str:
        """Runs a DAG; returns the run's state. What the tables held before is kept for a look at them."""
        if (self.lake / "silver").exists():
            self.had = self.live()
        return self.run_dag(run_id, dag, conf)

    def verdict(self, run_id: str, dag: str = DAG) -> dict:
        return json.loads((self.lake / "metrics" / dag / run_id / "verdict.json").read_text())

    def live(self) -> oracle.Resources:
        return oracle.silver(self.lake)[0]

    def dead(self) -> dict[str, set[str]]:
        return oracle.silver(self.lake)[1]

    def wrong(self) -> dict[str, object]:
        """
        What the tables have otherwise than the server: by type how many are only in silver, only at the server, and different; and
        the views whose rows are not those of PostgreSQL. Nothing where all is right.
        """
        found: dict[str, object] = dict(oracle.differences(self.live(), oracle.due(self.sandbox(), self.had)))
        views = oracle.view_rows(self.lake)
        tables = oracle.postgres_rows(self.env()["PSQL_URL"], list(views))
        return found | {name: "not as in PostgreSQL" for name in views if not oracle.same_rows(views[name], tables[name])}
