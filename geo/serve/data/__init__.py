"""The data for programs: catalogue, downloads, geocoding."""
