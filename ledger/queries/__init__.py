"""What the ledger can tell: reading only, plain values out."""
