"""Inquiry to lead: names, phones, addresses, dates, and what is missing. Pure."""
