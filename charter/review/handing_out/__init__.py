"""Who works on which case: the queue, and how a case gets to a person and back."""
