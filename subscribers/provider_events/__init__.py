"""Reads the events that mail providers report of our mail, and acts on them like on bounces."""
