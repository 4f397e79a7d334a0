"""How fast the portal's main pages are, on the real server, beside an empty page in the same run."""
