"""Who may answer for an employer when people come and go: domains, requests to join, handing over, claims."""
