"""The desk's pages about sources: how they do, add, change, pause, and lists of them as OPML."""
