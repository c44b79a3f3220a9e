"""Subscribers: lists, consent, preferences and unsubscribing. Imports nothing of `newsletter`."""
