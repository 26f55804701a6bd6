"""The main window around the images: docks, places, start page, strip, status line, menus."""
