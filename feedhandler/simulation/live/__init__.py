"""A simulated venue that is live: it publishes its market by multicast, and resends what is asked for."""
