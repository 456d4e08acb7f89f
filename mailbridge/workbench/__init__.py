"""Rules tried on chosen mails while they are written: what is found, what broke, what changed."""
