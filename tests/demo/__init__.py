"""`make demo`: the main job with real parts, on a sample of invented articles and readers."""
