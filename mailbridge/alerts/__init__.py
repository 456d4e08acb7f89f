"""What is worth a message to a person, and the message: once per cause, once when it is over."""
