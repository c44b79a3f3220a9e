"""A newsletter generator and mailer: articles → issues → rendering → delivery → ledger."""

__version__ = "1.0.0"
