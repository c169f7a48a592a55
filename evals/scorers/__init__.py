"""Scorers of your own, and a language model as judge: advisory, beside the measures that gates look at."""
