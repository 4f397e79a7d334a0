"""Two employers that are one: find them, show what would happen, merge them."""
