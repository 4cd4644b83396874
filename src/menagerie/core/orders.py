"""In which order a list comes."""

from enum import StrEnum


class Order(StrEnum):
    """As things were made, the other way round, or by chance."""

    ASC = "asc"
    DESC = "desc"
    RANDOM = "random"
