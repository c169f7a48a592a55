"""Foreign words that a Korean question spells in Hangul, heard among the Latin words of an index."""
