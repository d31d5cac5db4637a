"""The packs as the tests read them: a folder's library is made once per process, for reading and checking a pack takes long.

For folders whose packs do not change while the tests run; a test that writes packs makes a `Library` of its own.
"""

from functools import cache
from pathlib import Path

from policies.loader import Library


@cache
def library_of(directory: Path) -> Library:
    """The library of a folder of packs."""
    return Library(directory)
