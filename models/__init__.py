"""What is recorded: SQLModel tables by subject; `states` and `values` are leaves."""
