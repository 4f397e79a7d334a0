"""The figures that an employer gives each year while it holds an award."""
