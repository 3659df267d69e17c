"""Joins what the rooms found: ranked servers, what to do first."""
