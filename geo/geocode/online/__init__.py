"""Geocoders that ask a provider over the network, off unless the operator turns one on."""
