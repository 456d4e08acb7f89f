"""The scheduled face of mailbridge."""
