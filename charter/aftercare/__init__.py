"""What happens after a decision: concerns of the public, suspending and revoking, and appeals."""
