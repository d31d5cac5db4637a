"""The rules, each at each of its exits."""
