"""Ask a system the cases of a suite, and keep what it said."""
