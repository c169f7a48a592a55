"""The chat protocol of OpenAI, for clients that speak nothing else."""
