"""A cluster beside the same cluster on an earlier exam: found again, laid over it, and what changed."""
