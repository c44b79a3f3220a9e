"""The one hallway that knows every room: a file per verb. It decides nothing itself."""
