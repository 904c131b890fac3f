"""Readers of values in rioplatense WhatsApp text. Pure: no I/O, no clock. None means "no such value here"."""
