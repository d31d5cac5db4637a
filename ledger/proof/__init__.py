"""The account of a regulation, proven by a run: each clause goes through its own door in a ledger made for it alone."""
