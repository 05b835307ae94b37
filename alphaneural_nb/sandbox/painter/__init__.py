"""The painter: a prompt to a small, honest painting, the same one every time."""

from .paint import paint

__all__ = ["paint"]
