"""A rule file out of example mails: proposed, tried on them, and told how sure. Pure."""
