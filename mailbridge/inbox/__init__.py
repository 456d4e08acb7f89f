"""Where mail comes from and is marked: IMAP; files for a dry-run."""
