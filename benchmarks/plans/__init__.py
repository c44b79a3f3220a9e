"""How PostgreSQL answers the product's queries when the tables are large."""
