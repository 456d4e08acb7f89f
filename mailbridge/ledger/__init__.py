"""The durable record: every mail, decision and attempt, and the queue of leads."""
