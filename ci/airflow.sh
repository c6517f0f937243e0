#!/usr/bin/env bash
# A real Airflow on this machine, all of it in the folder AIRFLOW_HOME, for the demo, for a look and for tests.
#
#   ci/airflow.sh start     sets the folder up, starts API server, scheduler and DAG processor, waits until they are healthy
#   ci/airflow.sh stop      stops them and everything they started
#   ci/airflow.sh again X   starts X (scheduler, dag-processor, api-server) in place of one that has ended, as a service manager would
#   ci/airflow.sh run …     runs an airflow command against them, for example: dags trigger epic_fhir_etl
#
# AIRFLOW_HOME is build/airflow by default; VENV, the Python environment, is build/venv; AIRFLOW_STATE_FILE, where it is set, is
# written with AIRFLOW_URL=… once all is healthy. EPIC_FHIR_* and SPARK_HOME pass through to the tasks; AIRFLOW_DB is another
# metadata database than a file of SQLite.
#
# The pages listen on 127.0.0.1 only and ask for no password: everybody who can log in to this machine may use them, so no real
# data belongs here. The metadata database is SQLite: good for one machine and a few tasks at a time, not for production.
set -euo pipefail
# Logs and the database are private; AIRFLOW_UMASK is for tests, which show that the lake is so under any.
umask "${AIRFLOW_UMASK:-077}"

root=$(cd "$(dirname "$0")/.." && pwd)
venv=${VENV:-$root/build/venv}
home=${AIRFLOW_HOME:-$root/build/airflow}
mkdir -p "$home"
home=$(cd "$home" && pwd)
[ -x "$venv/bin/airflow" ] || { echo "Cannot find Airflow: $venv/bin/airflow; run make to set it up, or set VENV" >&2; exit 1; }

free_port() { "$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
secret() { "$venv/bin/python" -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'; }

# Once a folder: its port and its secrets, readable by the owner only.
[ -s "$home/env" ] || (umask 077 && printf 'PORT=%s\nJWT=%s\nFERNET=%s\n' "$(free_port)" "$(secret)" "$(secret)" >"$home/env")
# shellcheck disable=SC1091
. "$home/env"
url="http://127.0.0.1:$PORT"

environment() {
  export PATH="$venv/bin:$PATH" VIRTUAL_ENV="$venv"
  export EPIC_FHIR_HOME=${EPIC_FHIR_HOME:-$root}
  export EPIC_FHIR_CLASS_ARCHIVES=${EPIC_FHIR_CLASS_ARCHIVES-$root/build/class-archives}
  export AIRFLOW_CONN_SPARK_DEFAULT=${AIRFLOW_CONN_SPARK_DEFAULT:-'{"conn_type": "spark", "host": "local[*]"}'}
  export AIRFLOW_HOME=$home NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"
  export no_proxy=$NO_PROXY
  export AIRFLOW__CORE__DAGS_FOLDER=$root/dags AIRFLOW__CORE__PLUGINS_FOLDER=$root/dags/plugins
  export AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__CORE__EXECUTOR=LocalExecutor
  export AIRFLOW__CORE__PARALLELISM=4 AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION=False
  export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS=True AIRFLOW__CORE__FERNET_KEY=$FERNET
  export AIRFLOW__CORE__EXECUTION_API_SERVER_URL=$url/execution/ AIRFLOW__API__BASE_URL=$url
  export AIRFLOW__API__HOST=127.0.0.1 AIRFLOW__API__PORT=$PORT AIRFLOW__API__WORKERS=1
  export AIRFLOW__API_AUTH__JWT_SECRET=$JWT AIRFLOW__API__SECRET_KEY=$JWT
  export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=${AIRFLOW_DB:-sqlite:///$home/airflow.db}
  export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
  export AIRFLOW__LOGGING__BASE_LOG_FOLDER=$home/logs
  # By itself Airflow lets everybody read the tasks' logs, whatever the umask.
  export AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS=0o700
  export AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS=0o600
  export AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC=1 AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT=0
}

launch() { # name, airflow arguments: a process group of its own, so that it can be stopped with all its children
  local name=$1
  shift
  # All its tasks run here, and their logs are read from the disk; it would serve them to the whole network.
  if [ "$name" = scheduler ]; then set -- "$@" --skip-serve-logs; fi
  set -m
  airflow "$@" >"$home/logs/$name.log" 2>&1 </dev/null &
  echo $! >"$home/$name.pid"
  set +m
  disown
}

start() {
  if [ -n "$(find "$home" -maxdepth 1 -name '*.pid' -print -quit)" ]; then
    echo "Cannot start Airflow: $home holds pid files; stop it first" >&2
    exit 1
  fi
  environment
  mkdir -p "$home/logs"
  airflow db migrate >"$home/logs/setup.log" 2>&1
  launch api-server api-server
  launch scheduler scheduler
  launch dag-processor dag-processor
  airflow pools import "$root/dags/pools.json" >>"$home/logs/setup.log" 2>&1
  if ! "$venv/bin/python" "$root/ci/airflow_ready.py" "$url" "$home"; then
    stop
    exit 1
  fi
  if [ -n "${AIRFLOW_STATE_FILE:-}" ]; then
    printf 'AIRFLOW_URL=%s\n' "$url" >"$AIRFLOW_STATE_FILE.part"
    mv "$AIRFLOW_STATE_FILE.part" "$AIRFLOW_STATE_FILE"
  fi
}

stop() { "$venv/bin/python" "$root/ci/airflow_stop.py" "$home"; }

case ${1:-} in
  start) start ;;
  stop) stop ;;
  again) environment && launch "$2" "$2" ;;
  run) shift && environment && exec airflow "$@" ;;
  *) sed -n '2,17p' "$0" | cut -c3- && exit 2 ;;
esac
