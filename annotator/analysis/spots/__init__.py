"""From a click to a measured spot, and what a reader makes of spots: joined, split, found in a slice."""
