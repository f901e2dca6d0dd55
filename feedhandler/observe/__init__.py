"""What people see of a running pipeline: figures, the live view, the summary, the log. All cold, all read-only."""
