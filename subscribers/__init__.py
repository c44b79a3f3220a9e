"""Who reads: lists, consent, preferences, leaving. A house of its own: imports nothing of newsletter."""
