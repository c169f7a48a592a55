"""What a system is asked, and what is expected of it."""
