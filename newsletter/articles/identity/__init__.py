"""Who is who among sources, entries and stories. Pure: docs/explanation/identity.md tells why."""
