"""Whether a run is good enough to release, by the rules of its suite and its blessed baseline."""
