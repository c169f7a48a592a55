"""What the judging model is told, one file for each language."""
