"""Keys and gestures: what they mean, profiles, the search of commands, and the pages that show and change them."""
