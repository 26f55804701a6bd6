"""Points that lie together: groups, their shape and facts, the word these suggest, their partner on another view."""
