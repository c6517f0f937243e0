"""
Several sites from the same DAG files: each Epic, or each group of patients, that has its own lake, tables and schedule.

``EPIC_FHIR_SITES=north,south`` makes DAGs with the sites' names at the end of their ids, such as ``epic_fhir_etl_north``. A site's
settings lie beside pipeline.conf as ``north.conf``, which includes it and says what is other. What Airflow itself reads comes from
the environment: ``EPIC_FHIR_<NAME>_NORTH`` where it is set, or else ``EPIC_FHIR_<NAME>``. Without the variable there is one site,
without a name.
"""

from __future__ import annotations

import os
import re

ALONE = ""
"""The site without a name."""


def names() -> list[str]:
    """
    The sites.

    :raises ValueError: where a name is none, which shows in Airflow as a DAG file that cannot be imported
    """
    told = [name.strip() for name in os.environ.get("EPIC_FHIR_SITES", "").split(",") if name.strip()]
    bad = [name for name in told if not re.fullmatch(r"[a-z][a-z0-9]{0,30}", name)]
    if bad or len(set(told)) < len(told):
        raise ValueError(
            f"Cannot use EPIC_FHIR_SITES={','.join(told)}: site names contain only a-z and 0-9, and each name occurs once"
        )
    return told or [ALONE]


def named(what: str, site: str) -> str:
    """What a DAG, a pool or an asset of a site is called."""
    return f"epic_fhir_{what}" + (f"_{site}" if site else "")


def of(dag: str) -> str:
    """The site of a DAG by its id."""
    return next((site for site in names() if site and dag.endswith(f"_{site}")), ALONE)


def value(name: str, site: str, default: str = "") -> str:
    """What the environment says for a site; an empty value is one, too."""
    own = os.environ.get(f"EPIC_FHIR_{name}_{site.upper()}") if site else None
    return own if own is not None else os.environ.get(f"EPIC_FHIR_{name}", default)


def pool(of_what: str, site: str) -> dict[str, str]:
    """
    The pool of a site's tasks: one export and one writer of the tables at a time, and sites do not wait for each other.

    :param of_what: ``source`` or ``lake``
    """
    return {"pool": named(of_what, site)}
