"""The kinds that the tables know: every enumeration of a column, declared once."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a place is."""

    PLATFORM = "platform"
    COOPERATION_ZONE = "cooperation_zone"
    PARK = "park"
    TOWN = "town"
    VALLEY = "valley"
    FACILITY = "facility"
    PROJECT = "project"
    DISTRICT = "district"
    CITY = "city"


# The corridor of a place that lies on none; the others are the ids of corridors.csv.
NO_CORRIDOR = "none"


class CorridorBasis(StrEnum):
    """Why a place counts to its corridor."""

    PLAN = "plan"
    INHERITED = "inherited"
    INFERRED = "inferred"
    NONE = "none"


class PlaceStatus(StrEnum):
    """How far a place has come, as its source says."""

    ESTABLISHED = "established"
    OPERATING = "operating"
    COMPLETED = "completed"
    LANDED = "landed"
    SIGNED = "signed"
    PLANNED = "planned"


class FigureStatus(StrEnum):
    """Whether a figure has come true or is intended."""

    ACTUAL = "actual"
    PLANNED = "planned"


class Qualifier(StrEnum):
    """How exactly a figure is stated: 约 about, 超/突破/多 over, 不足 under, 至少 at least."""

    EXACT = "exact"
    ABOUT = "about"
    OVER = "over"
    UNDER = "under"
    AT_LEAST = "at_least"


class Relation(StrEnum):
    """A stated tie between two places, read from left to right."""

    COOPERATES_WITH = "cooperates_with"
    HOSTS = "hosts"
    CORE_AREA_OF = "core_area_of"
    LANDMARK_OF = "landmark_of"
    SUPPLIES = "supplies"


class SourceKind(StrEnum):
    """What sort of document a source is; ``unverified`` is knowledge without a document."""

    NEWSPAPER = "newspaper"
    PLAN = "plan"
    WEB = "web"
    DATASET = "dataset"
    UNVERIFIED = "unverified"


class Precision(StrEnum):
    """What a point stands for, from fine to coarse."""

    SITE = "site"
    LOCALITY = "locality"
    AREA = "area"
    TOWNSHIP = "township"
    DISTRICT = "district"
    CITY = "city"


class DivisionLevel(StrEnum):
    """What a division of the city is; a district may be called a county or a city."""

    CITY = "city"
    DISTRICT = "district"
    TOWNSHIP = "township"


class FormerLevel(StrEnum):
    """What a former name stood for; a ``zone`` never was a division."""

    DISTRICT = "district"
    TOWNSHIP = "township"
    ZONE = "zone"


class ElsewhereLevel(StrEnum):
    """What a division outside the city is."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


class HomonymKind(StrEnum):
    """Whether a name is borne by several places, only says what sort of place it is, or means a place elsewhere only."""

    NAME = "name"
    TYPE = "type"
    OTHER = "other"


class NameKind(StrEnum):
    """What a name in use stands for."""

    ZONE = "zone"
    PLATFORM = "platform"
    PARK = "park"
    TOWN = "town"
    VALLEY = "valley"
    LANDMARK = "landmark"


class PointKind(StrEnum):
    """What a point stands for."""

    STATION = "station"
    LANDMARK = "landmark"
    TOWNSHIP = "township"
    # Of a name in use, whose row stands in another table.
    PLACE = "place"


class Basis(StrEnum):
    """Where a location comes from; ``parent`` is the host's location, taken because the own one is not known."""

    SURVEYED = "surveyed"
    DERIVED = "derived"
    PARENT = "parent"


class UnitKind(StrEnum):
    """What an indicator measures; ``none`` is an indicator that has only a rank."""

    MONEY = "money"
    MONEY_PER_AREA = "money_per_area"
    AREA = "area"
    LENGTH = "length"
    COUNT = "count"
    DURATION = "duration"
    RATIO = "ratio"
    SHARE = "share"
    MASS = "mass"
    VOLUME = "volume"
    POWER = "power"
    ENERGY = "energy"
    RATE = "rate"
    OTHER = "other"
    NONE = "none"


# A loss is an amount, too, and a share may be the rate at which something shrinks; nothing else that is measured is less than nothing.
MAY_BE_NEGATIVE = frozenset({UnitKind.MONEY, UnitKind.MONEY_PER_AREA, UnitKind.SHARE})


class NumberReason(StrEnum):
    """Why a number in a text is not a figure about a place."""

    PAGE = "page"
    TITLE = "title"
    RANK_SCOPE = "rank_scope"
    PROGRAMME = "programme"
    CLASS = "class"
    FIGURE_OF_SPEECH = "figure_of_speech"
    DATE = "date"
    ORDINAL = "ordinal"
    THRESHOLD = "threshold"
    SIZE = "size"
    CONTACT = "contact"
    NAME = "name"
    COMPANY = "company"
    LISTED = "listed"
    DURATION = "duration"
