"""The web face: pages for a browser on this machine. Thin; it decides nothing about mails."""
