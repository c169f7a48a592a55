"""Cases from data sets of other tools; what has no place in a case is named."""
