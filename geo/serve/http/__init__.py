"""What every answer over HTTP has: caching, limits, problems, security, language and log."""
