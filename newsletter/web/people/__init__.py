"""The desk's pages about people: find, change, import, export, growth, and mail from readers."""
