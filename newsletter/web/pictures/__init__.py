"""Strangers' pictures, which our pages show from here and not from their publishers."""
