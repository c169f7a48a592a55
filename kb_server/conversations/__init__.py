"""What was asked and answered: kept for follow-ups and feedback, shown to its owner, erased on request."""
