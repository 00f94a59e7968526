"""Properties that hold for any bars."""
