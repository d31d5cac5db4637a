"""The rules and settings that code asks for by their id, rather than through the pack's structure.

Every pack must hold the ones in `NEEDED`. All other ids are read through the structure (a tier's `decision_days`, an
obligation's `due`), and the contract refuses an id that nothing reads: a value that decides nothing misleads its
reader.
"""

NEEDED: frozenset[str] = frozenset({"message.hour"})
"""Read by rules.deadlines: the hour of the day at which the rungs of a ladder fall due."""
