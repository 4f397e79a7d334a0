"""What an employer holds: awards, their certificates, and what the public may check."""
