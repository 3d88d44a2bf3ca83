"""Geocode every place name: to a location with its precision and radius, or to a miss that says why."""
