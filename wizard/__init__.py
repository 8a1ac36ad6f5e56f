"""Mail setup wizard: an address and a password in, working mail in the chosen programs out."""

__version__ = "0.1.0"
