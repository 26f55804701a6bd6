"""A finding of a reading: counted, measured, and its marks put in clusters."""
