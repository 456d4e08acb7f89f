"""Monitoring: what other programs are told of the running daemon. A face; it changes nothing."""
