"""What follows from the regulation: pure rules over facts, the pack and the moment; verdicts and days come out."""
