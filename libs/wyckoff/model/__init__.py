"""What the stages tell each other, as plain immutable values: no transport, no clock, no logger."""
