"""The second pair of eyes: who looks again, what they find, and how far two people agree."""
