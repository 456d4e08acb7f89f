"""The sandbox: stand-ins on loopback for the demo, the tests and integrators."""
