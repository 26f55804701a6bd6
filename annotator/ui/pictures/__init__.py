"""Pictures: loaded, kept, placed in a pane, and their grey values on the screen."""
