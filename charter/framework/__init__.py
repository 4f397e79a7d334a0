"""What employers are judged against: published versions of the charter, as data."""
