"""The pages of the desk on which publishers change the site's settings."""
