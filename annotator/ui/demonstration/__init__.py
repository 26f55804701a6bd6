"""The program shown by itself: a robot's hand, and how long the window did not answer."""
