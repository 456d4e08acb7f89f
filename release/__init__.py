"""What goes along with a release: made from the program, kept in `share`."""
