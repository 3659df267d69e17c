"""The demonstration case: an invented retailer, its mails, its exports, what went wrong."""
