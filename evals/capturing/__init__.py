"""Cases from what real users asked: personal data masked, the trace kept."""
