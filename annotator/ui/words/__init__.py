"""Words over the images: what is said of them, where there is room, names and pseudonyms."""
