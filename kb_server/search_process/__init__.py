"""The searching in a process of its own, so that events of streams never wait for the interpreter."""
