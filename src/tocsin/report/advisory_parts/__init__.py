"""What is handed on about conversations: whom to warn, in which words, links without life."""
