"""What a reader says about an exam, as immutable values; standard library only."""
