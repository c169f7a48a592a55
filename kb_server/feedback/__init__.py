"""What people think of answers and citations."""
