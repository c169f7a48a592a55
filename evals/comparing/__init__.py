"""Two runs of a suite, case by case: what changed, and whether that is more than chance."""
