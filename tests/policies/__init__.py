"""The packs themselves: their contract, bad packs with their messages, worked cases."""
