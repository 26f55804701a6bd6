"""One pane and the grid of panes: the viewport, the hand on it, the exact picture that follows."""
