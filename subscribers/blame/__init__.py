"""Whose fault a refusal is: the reader's, the message's, our own, the server's, or nobody knows."""
