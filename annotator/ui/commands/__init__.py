"""What the actions do: the window's hands, topic by topic as the rows in `ui/actions`."""
