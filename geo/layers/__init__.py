"""Lay the places out as layers, choose from them, and write them in every format."""
