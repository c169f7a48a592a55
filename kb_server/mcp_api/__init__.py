"""The docs as tools for assistants: the Model Context Protocol at ``/mcp``."""
