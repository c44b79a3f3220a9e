"""Files of subscribers from other tools: how they are laid out, and what they say of each person."""
