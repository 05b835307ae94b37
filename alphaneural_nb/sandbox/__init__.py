"""A small Images API on this machine: no key, no cost, nothing sent anywhere."""
