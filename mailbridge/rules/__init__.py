"""Rule files to portals, messages to inquiries. Pure: no files, no clock, no servers."""
