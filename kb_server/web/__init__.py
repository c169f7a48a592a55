"""The chat page, and the component that it shares with the pages of others."""
