"""Marks on the images: tools that set them, and how they are found, drawn and told."""
