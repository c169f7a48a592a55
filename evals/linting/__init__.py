"""Find what is wrong with the cases of a suite before anything is asked."""
