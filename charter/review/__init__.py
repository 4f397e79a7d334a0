"""What the scheme decides: findings, requests for more, recommendations, moderation, decisions.

`handing_out` says who works on a case, `timing` how long it takes, `second` who looks again, `record` what explains it.
"""
