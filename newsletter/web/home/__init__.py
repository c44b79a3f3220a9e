"""The page on which editors land: what goes out next, how the last issue did, what needs a person."""
