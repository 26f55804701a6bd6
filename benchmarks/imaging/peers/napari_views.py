"""napari with the files named, each a layer of a grid; a stack is shown as it comes."""

import sys

import napari
from pydicom import dcmread

viewer = napari.Viewer()
for path in sys.argv[1:]:
    viewer.add_image(dcmread(path).pixel_array, contrast_limits=(500, 3500))
viewer.grid.enabled = len(sys.argv) > 2
napari.run()
