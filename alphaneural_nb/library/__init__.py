"""Everything ever generated, kept on this disk."""
