"""What the images are seen on: each screen, its greys, its check and its pixel pitch."""
