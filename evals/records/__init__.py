"""What a run keeps of each case, and the folder that it is kept in."""
