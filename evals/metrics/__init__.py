"""What the records of a run are worth: pure functions of cases and records."""
