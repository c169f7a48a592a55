"""One way in for every protocol: a question and who asks it, to the answer."""
