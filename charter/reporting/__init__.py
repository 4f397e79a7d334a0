"""What the board asks: counts as at a date, and measures against the strategy's targets."""
