"""What went wrong: the bar that says it in the window, and the report of what nobody foresaw."""
