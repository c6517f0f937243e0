"""
The settings files as the jobs read them.

HOCON, parsed only by the jobs. They return the few values that Python needs, as JSON (common/contracts). The result is cached until
a settings file, an included file, an environment variable that they name or the job's JAR changes: within a process, and in the
folder of class archives if there is one. The last thresholds and alerts that held are kept in Airflow's home folder, too, so that
alerts go out when they no longer hold. Neither a settings file nor a result holds a secret.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epic_fhir.archives import OpenToOthers, require_own
from epic_fhir.contracts import ContractError, read
from epic_fhir.installation import SettingsError
from epic_fhir.modes import MODES, replace_text
from epic_fhir.processes import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from epic_fhir.installation import Installation

DAG_SETTINGS = "io.epicfhir.common.settings.DagSettings"
_SETTINGS_EXIT = 2
_TIMEOUT = 120
_VARIABLE = re.compile(r"\$\{\??([^}]*)\}")
_answers: dict[tuple[str, str], dict[str, Any]] = {}


@dataclass(frozen=True)
class PipelineSettings:
    """The values of pipeline.conf or of a site's own file."""

    included: list[str]
    lake: str
    readers: str
    poll_interval_ms: int
    database: str
    schema_version: int


@dataclass(frozen=True)
class Skew:
    ratio: float
    min_duration_ms: int
    min_tasks: int
    data_ratio: float


@dataclass(frozen=True)
class Speed:
    least_runs: int
    most_runs: int
    false_alarms: float
    slower_at_once: float
    part_slower_at_once: float
    slower_since: float
    noise_floor: float
    least_duration_ms: int


@dataclass(frozen=True)
class Drift:
    least_runs: int
    rows_lost: float
    nulls_more: float
    deleted: float
    patients_unknown: float
    max_age_ms: int


@dataclass(frozen=True)
class AlertSettings:
    first_try: bool
    remind_red_every: int
    remind_warnings_every: int
    mail_to: list[str]
    mail_connection: str
    slack_connection: str
    webhook_connection: str


@dataclass(frozen=True)
class ValidationSettings:
    """Of validation.conf."""

    included: list[str]
    skew: Skew
    speed: Speed
    data: Drift
    alerts: AlertSettings
    report_url: str
    schema_version: int


def pipeline(here: Installation) -> PipelineSettings:
    return _typed(PipelineSettings, here, "pipeline", here.conf)


def validation(here: Installation) -> ValidationSettings:
    return _typed(ValidationSettings, here, "validation", here.validation())


def validation_before(here: Installation) -> ValidationSettings | None:
    """Those of before the files changed, which do not hold any more; None where none are kept."""
    return _before(ValidationSettings, here, ("validation", str(here.validation())))


def pipeline_before(here: Installation) -> PipelineSettings | None:
    """The same of pipeline.conf."""
    return _before(PipelineSettings, here, ("pipeline", str(here.conf)))


def _before(model: type[Any], here: Installation, key: tuple[str, str]) -> Any:
    answer = _answers.get(key) or _read(_kept_file(here, key)) or _read(_last_file(key))
    try:
        return None if answer is None else read(model, answer["document"], "the settings of before")
    except ContractError:
        return None


def _typed(model: type[Any], here: Installation, kind: str, file: Path) -> Any:
    try:
        return read(model, _document(here, kind, file), f"the settings of {file} (output of DagSettings)")
    except ContractError as e:
        raise SettingsError(str(e)) from e


def _document(here: Installation, kind: str, file: Path) -> dict[str, Any]:
    key, jar = (kind, str(file)), here.jar("extract-job")

    def holds(answer: dict[str, Any] | None) -> bool:
        return answer is not None and answer["from"] == _state(jar, file, answer["document"])

    if holds(answer := _answers.get(key)):
        return answer["document"]
    kept = _kept_file(here, key)
    if not holds(answer := _read(kept)):
        begun = time.time()
        document = _ask(here.small_java(DAG_SETTINGS, [kind, str(file)]))
        answer = {"from": _state(jar, file, document), "document": document}
        if _changed_since(begun, answer["from"]["files"]):
            return document  # perhaps of the files as they were before: the next call asks again
        _keep(kept, answer)
        _keep(_last_file(key), answer)
    _answers[key] = answer
    return answer["document"]


def _changed_since(begun: float, files: Iterable[str]) -> bool:
    try:
        return any(Path(one).stat().st_mtime >= begun for one in files)
    except OSError:
        return True


def _ask(command: list[str]) -> dict[str, Any]:
    try:
        ended = subprocess.run(command, env=without_secrets(), capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise SettingsError(
            f"Cannot read the settings: {command[0]} failed ({type(e).__name__}); "
            "check the Java installation, then run the task again"
        ) from e
    if ended.returncode == 0:
        return json.loads(ended.stdout)
    told = "\n".join(line for line in ended.stderr.splitlines() if not line.startswith("Picked up "))
    if ended.returncode == _SETTINGS_EXIT and told:
        raise SettingsError(told)
    raise SettingsError(
        f"Cannot read the settings: {DAG_SETTINGS} ended with exit code {ended.returncode}: {told[-500:]}. "
        "Install job JARs and DAGs of the same version."
    )


def _state(jar: Path, file: Path, document: dict[str, Any]) -> dict[str, Any]:
    """What a cached result depends on."""
    stat = jar.stat()
    files, names = {}, set()
    for one in (str(file), *document.get("included", ())):
        try:
            content = Path(one).read_bytes()
        except OSError:
            content = b""
        files[one] = hashlib.sha256(content).hexdigest()
        names |= {name.strip().strip('"').removesuffix("[]") for name in _VARIABLE.findall(content.decode(errors="replace"))}
    values = json.dumps({name: os.environ.get(name) for name in sorted(names)})
    return {
        "jar": [str(jar), stat.st_size, stat.st_mtime_ns],
        "files": files,
        "environment": hashlib.sha256(values.encode()).hexdigest(),
    }


def _kept_file(here: Installation, key: tuple[str, str]) -> Path | None:
    if here.archives is None:
        return None
    try:
        require_own(here.archives)
    except OpenToOthers:
        return None
    return here.archives / _file_name(key)


def _last_file(key: tuple[str, str]) -> Path | None:
    """Where the last settings that held are kept beside Airflow's own files: class archives are off by default."""
    home = Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    if not home.is_dir():
        return None
    folder = home / "epic-fhir"
    try:
        require_own(folder)
    except OpenToOthers:
        return None
    return folder / _file_name(key)


def _file_name(key: tuple[str, str]) -> str:
    return f"settings-{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16]}.json"


def _read(kept: Path | None) -> dict[str, Any] | None:
    try:
        answer = json.loads(kept.read_bytes()) if kept else None
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) and {"from", "document"} <= answer.keys() else None


def _keep(kept: Path | None, answer: dict[str, Any]) -> None:
    """Written atomically; if the write fails, the next call only takes longer."""
    if kept is not None:
        with suppress(OSError):
            replace_text(kept, json.dumps(answer), MODES["owner"])
