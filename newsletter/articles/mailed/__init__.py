"""Newsletters of others that come by mail, read as articles: one story, or those of a digest."""
