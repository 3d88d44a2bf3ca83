"""The pages, and what takes their pictures."""
