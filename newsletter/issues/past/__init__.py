"""Reads the issues that another tool sent, from its export. Pure, except for opening the file."""
