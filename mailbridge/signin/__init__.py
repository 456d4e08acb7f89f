"""Sign-in by OAuth 2, and the keyring: how tokens are had, kept, renewed and given up."""
