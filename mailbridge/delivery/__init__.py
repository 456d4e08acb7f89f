"""Delivery: the destination, the meaning of its answers, and the retry policy."""
