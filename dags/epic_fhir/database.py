"""How the load task reaches the database: by pipeline.conf, or by a connection of Airflow's where one is named."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from airflow.sdk import BaseHook

from epic_fhir import sites
from epic_fhir.installation import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Connection


PREFIX = "epic-fhir-password-"
"""Prefix of the temporary folders; the process id follows it."""


@contextmanager
def database(site: str = sites.ALONE) -> Iterator[dict[str, str]]:
    """
    The environment that pipeline.conf reads its block load from; while it is open, a file of the owner's has the password.
    Empty if EPIC_FHIR_DB_CONN_ID names no connection: then the block is used as it is.

    :raises SettingsError: where the connection is of another kind or says too little
    """
    name = sites.value("DB_CONN_ID", site)
    if not name:
        yield {}
        return
    connection = BaseHook.get_connection(name)
    _remove_left()
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        env = {"EPIC_FHIR_JDBC_URL": jdbc_url(connection), "EPIC_FHIR_DB_USER": connection.login or ""}
        if connection.password:
            file = Path(folder) / "password"
            file.touch(mode=0o600)
            file.write_text(connection.password, encoding="utf-8")
            env["EPIC_FHIR_DB_PASSWORD_FILE"] = str(file)
        yield env


def _remove_left() -> None:
    """The password files of this user's processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        process = folder.name.removeprefix(PREFIX).split("-")[0]
        mine = folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
        if mine and process.isdigit() and not Path("/proc", process).exists():
            shutil.rmtree(folder, ignore_errors=True)


def jdbc_url(connection: Connection) -> str:
    """The connection's address; what its extra says (sslmode, sslrootcert, ...) goes along as parameters."""
    if connection.conn_type not in ("postgres", "postgresql"):
        raise SettingsError(
            f"Cannot load by the connection {connection.conn_id}: its type is {connection.conn_type}; use a connection of type "
            "postgres"
        )
    if not (connection.host and connection.schema and connection.login):
        raise SettingsError(f"Cannot load by the connection {connection.conn_id}: host, database (schema) and login must be set")
    extra = {key: value for key, value in connection.extra_dejson.items() if isinstance(value, str | int | float)}
    query = f"?{urlencode(extra)}" if extra else ""
    return f"jdbc:postgresql://{connection.host}:{connection.port or 5432}/{connection.schema}{query}"
