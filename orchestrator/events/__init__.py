"""What happens, told to whom it may concern: typed events and the buses that carry them."""
