"""The whole site as one ZIP archive with a manifest of hashes, and back."""
