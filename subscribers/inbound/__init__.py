"""What comes back by mail: commands, confirmations, bounces, complaints. Reads, decides nothing."""
