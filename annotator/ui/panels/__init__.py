"""The panels around the images; each shows one thing and asks the session to change it."""
