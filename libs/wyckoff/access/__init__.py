"""Who may use a service from outside: API keys, and what this machine is."""
