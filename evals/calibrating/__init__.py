"""Fit confidence and the threshold of answers to a run, and tell the product."""
