"""Recognises sources, entries and stories. Pure; docs/explanation/identity.md explains it."""
