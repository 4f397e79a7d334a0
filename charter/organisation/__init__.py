"""Who takes part: employers, their sites, their people, and the schemes they already hold."""
