"""Which passwords will do, and whether one typed is the right one."""

from argon2 import PasswordHasher

PASSWORD_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with the least that OWASP's password storage guidance asks for: 19 MiB, two passes, one lane."""
