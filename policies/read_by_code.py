"""The rules and settings that code asks for by their id, rather than through the pack's structure.

Every pack must hold the ones in `NEEDED`. All other ids are read through the structure (a tier's `decision_days`, an
obligation's `due`), and the contract refuses an id that nothing reads: a value that decides nothing misleads its
reader.
"""

NEEDED: frozenset[str] = frozenset({"message.hour"})
"""Read by rules.deadlines: the hour of the day at which the rungs of a ladder fall due."""

OPTIONAL: frozenset[str] = frozenset({"message.until_hour", "acknowledgement.days"})
"""Read where a pack has them: until which hour messages go out (rules.working_hours), and for how many days at most an
acknowledgement silences a rung (ledger.deadlines). Without them the office's usual day and two days hold."""
