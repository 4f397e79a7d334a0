"""What the scheme decides: findings, requests for more, recommendations, moderation, decisions.

Who works on a case is `handing_out`, how long it takes `timing`, who looks again `second`, and what explains it `record`.
"""
