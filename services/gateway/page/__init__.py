"""What the web page shows: readings of stored bars, made once for all who look at them."""
