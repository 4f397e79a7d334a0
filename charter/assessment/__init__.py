"""What an employer says about itself: answers, evidence, declarations, figures, and what it submits."""
