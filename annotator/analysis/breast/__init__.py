"""Where things lie in a breast, and which of it a view shows."""
