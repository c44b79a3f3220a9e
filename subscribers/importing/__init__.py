"""Files of subscribers from other tools: their layouts, and what they say about each person."""
