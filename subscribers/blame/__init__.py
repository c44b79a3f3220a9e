"""Decides whose fault a refusal is: the reader's, the message's, ours, the server's, or unknown."""
