"""SMTP: how a connection is opened, what is said for each mail, and many such conversations at once."""
