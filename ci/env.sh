# Sourced by the other scripts: the tools that set-up has put into build/venv, and nothing from the user's own environment.
PATH="$PWD/build/venv/bin:$PATH"
SPARK_HOME=$(python -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)')
PYTHONDONTWRITEBYTECODE=1
export PATH SPARK_HOME PYTHONDONTWRITEBYTECODE
unset PYTHONPATH SPARK_CONF_DIR HADOOP_CONF_DIR
export SPARK_LOCAL_IP=127.0.0.1
