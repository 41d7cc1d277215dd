"""Rules."""

def suggest():
    """x."""
