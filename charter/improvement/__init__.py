"""What moves an employer on: its plan, and the programmes that help."""
