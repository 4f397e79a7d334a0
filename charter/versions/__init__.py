"""The next version of the charter: drafted, compared, tried against the past, published, and the last one closed."""
