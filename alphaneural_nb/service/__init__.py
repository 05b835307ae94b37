"""The Images API: what goes over the wire, and what comes back."""
