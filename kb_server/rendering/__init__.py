"""An answer's Markdown as HTML that a page may show as it is."""
