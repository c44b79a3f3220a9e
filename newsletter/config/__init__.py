"""The site's configuration: newsletter.toml and the environment, checked and frozen."""
