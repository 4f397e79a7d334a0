"""What we tell people, written with the change it tells of and sent after."""
