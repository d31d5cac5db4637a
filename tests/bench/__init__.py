"""The measurements themselves, each run small."""
