"""Who may use a service from outside: API keys."""
