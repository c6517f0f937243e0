"""What the DAG files share: settings, starting the jobs, run reports, reconciliation, the report page."""
