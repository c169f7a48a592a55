"""What operators see of the server: metrics, traces and a log, without a word of what users wrote."""
