"""Sample strategies: small, useful, and the first thing that a reader copies."""
