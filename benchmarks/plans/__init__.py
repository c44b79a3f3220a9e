"""The plans that PostgreSQL chooses for the product's queries when the tables are large."""
