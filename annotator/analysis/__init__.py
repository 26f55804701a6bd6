"""What pixels say about bright spots: pure functions on stored values."""
