"""Whole journeys, as a person sees them."""
