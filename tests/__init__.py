"""What proves Songjiao: one folder per kind of proof."""
