"""The operations of newsletter, one module for each. They connect the other packages."""
