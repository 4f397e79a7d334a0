"""What the scheme decides: findings, requests for more, recommendations, moderation, decisions."""
