"""Ways of looking: lens, linked panes, true size, what was seen of a breast and the walk through it."""
