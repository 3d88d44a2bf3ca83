"""The places on a map: which symbol each has, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass

from geo.palette import FLOATING, RADII
from geo.tables.kinds import Corridor


@dataclass(frozen=True)
class Mark:
    """A place on a map.

    Attributes
    ----------
    id, host
        The place, and the host of a guest.
    symbol
        A key of ``RADII``.
    corridor
        Whose hue it has.
    lon, lat
        Degrees, WGS-84.
    label
        Its name in the reader's language.
    radius
        In pixels, where a comparison sizes it; else as ``RADII`` says.
    is_without
        Whether it has no figure in the chosen comparison.
    uncertainty_m
        Where it is what the picture is about: the radius in metres within which it lies, drawn as a disc around its point.
    """

    id: str
    host: str | None
    symbol: str
    corridor: Corridor
    lon: float
    lat: float
    label: str
    radius: float | None = None
    is_without: bool = False
    uncertainty_m: float | None = None

    @property
    def size(self) -> float:
        """Its radius in pixels."""
        return RADII[self.symbol] if self.radius is None else self.radius

    @property
    def is_hollow(self) -> bool:
        """Whether its symbol is drawn as a ring: where it is is not known, or how much it has."""
        return self.is_without or (self.radius is None and self.symbol in FLOATING)
