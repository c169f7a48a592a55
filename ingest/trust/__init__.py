"""Find what a page should not be taken at its word for: orders to an assistant, and text that nobody sees."""

from __future__ import annotations

from ingest.trust.inspection import inspect, with_safe_names

__all__ = ["inspect", "with_safe_names"]
