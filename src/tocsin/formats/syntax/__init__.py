"""Syntaxes that several formats share: bytes to plain values, knowing no Exchange."""
