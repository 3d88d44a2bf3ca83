"""Serve the atlas over HTTP, or write it as a folder of files."""
