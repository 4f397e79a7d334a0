"""What explains a decision, kept in words for good."""
