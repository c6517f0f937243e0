"""The few settings that Python needs, from the job that reads them; read when a task runs, never at import."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from epic_fhir import baseline, drift, job_settings
from epic_fhir.lake import Lake

if TYPE_CHECKING:
    from epic_fhir.installation import Installation


@dataclass(frozen=True)
class Settings:
    """What Python needs of pipeline.conf; everything else is the jobs' business."""

    lake: str
    poll_interval: timedelta
    readers: str = "owner"
    database: str = ""

    @classmethod
    def of(cls, here: Installation) -> Settings:
        told = job_settings.pipeline(here)
        return cls(told.lake, timedelta(milliseconds=told.poll_interval_ms), told.readers, told.database)

    def open_lake(self) -> Lake:
        """The lake's small files, readable by those whom the settings name."""
        return Lake(self.lake, self.readers)


@dataclass(frozen=True)
class Thresholds:
    """When validate raises its voice; conf/validation.conf explains each."""

    skew_ratio: float
    skew_min_duration: timedelta
    skew_min_tasks: int
    skew_data_ratio: float = 2.0
    speed: baseline.Rules = field(default_factory=baseline.Rules)
    data: drift.Rules = field(default_factory=drift.Rules)

    @classmethod
    def of(cls, here: Installation) -> Thresholds:
        told = job_settings.validation(here)
        skew, speed, data = told.skew, told.speed, told.data
        return cls(
            skew_ratio=skew.ratio,
            skew_min_duration=timedelta(milliseconds=skew.min_duration_ms),
            skew_min_tasks=skew.min_tasks,
            skew_data_ratio=skew.data_ratio,
            speed=baseline.Rules(
                least_runs=speed.least_runs,
                most_runs=speed.most_runs,
                false_alarms=speed.false_alarms,
                slower_at_once=speed.slower_at_once,
                part_slower_at_once=speed.part_slower_at_once,
                slower_since=speed.slower_since,
                noise_floor=speed.noise_floor,
                least_ms=speed.least_duration_ms,
            ),
            data=drift.Rules(
                least_runs=data.least_runs,
                rows_lost=data.rows_lost,
                nulls_more=data.nulls_more,
                deleted=data.deleted,
                patients_unknown=data.patients_unknown,
                max_age=timedelta(milliseconds=data.max_age_ms),
            ),
        )
