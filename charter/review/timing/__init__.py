"""How long a case takes: the clock of both sides, reminders, and what is published of it."""
