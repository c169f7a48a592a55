"""What people and build servers read of a run: HTML, Markdown and JUnit XML."""
