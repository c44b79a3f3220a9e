"""Inbound mail: commands, confirmations, bounces and complaints."""
