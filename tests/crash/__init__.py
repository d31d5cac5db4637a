"""Processes that are killed at named points and started again."""
