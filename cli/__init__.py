"""The command line: one file per verb family. It shows what the ledger records, hands acts to it,
and decides nothing.
"""
