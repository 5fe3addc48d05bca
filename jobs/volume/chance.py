"""Chance that repeats itself: the same seed gives the same volume, identifiers included."""

from datetime import datetime, timedelta
from random import Random


class Chance(Random):
    """A seeded source of chance."""

    def identifier(self, moment: datetime) -> str:
        """Return a UUID version 7 of `moment`."""
        digits = f"{int(moment.timestamp() * 1000):012x}7{self.getrandbits(12):03x}"
        digits += f"{0x8 | self.getrandbits(2):x}{self.getrandbits(60):015x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def key(self) -> str:
        """Return a UUID without a meaning."""
        digits = f"{self.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def after(self, moment: datetime, least: float, most: float) -> datetime:
        """Return a moment between `least` and `most` seconds after `moment`."""
        return moment + timedelta(seconds=least + (most - least) * self.random())
