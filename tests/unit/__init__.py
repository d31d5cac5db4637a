"""Each rule and each part by itself: no database, no clock."""
