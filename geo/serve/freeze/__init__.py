"""The whole site as a folder of files."""
