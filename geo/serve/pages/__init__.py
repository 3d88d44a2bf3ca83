"""The pages for people, and their scripts and pictures."""
