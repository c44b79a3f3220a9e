"""A newsletter generator and mailer: articles → issues → rendering → delivery → ledger."""

__version__ = "0.1.0"
