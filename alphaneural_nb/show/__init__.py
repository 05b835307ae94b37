"""Pictures and foreign text, made ready for a notebook's output."""
