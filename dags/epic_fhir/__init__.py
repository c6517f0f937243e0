"""What the DAG files stand on: settings, starting the jobs, run reports, reconciliation, the report page."""
