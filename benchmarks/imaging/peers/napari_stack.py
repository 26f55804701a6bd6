"""napari with a stack, on the screen: seconds to show another slice, a line of JSON for each asked for."""

import json
import sys
import time

import napari
from pydicom import dcmread
from qtpy.QtWidgets import QApplication

viewer = napari.Viewer()
viewer.window.resize(1800, 1100)
viewer.add_image(dcmread(sys.argv[1]).pixel_array, contrast_limits=(500, 3500))

for _ in range(20):
    QApplication.processEvents()
    time.sleep(0.02)
for line in sys.stdin:
    asked = json.loads(line)
    start = time.perf_counter()
    viewer.dims.set_point(0, asked["slice"])
    for _ in range(2):  # the first hands the slice on, the second draws it
        QApplication.processEvents()
    print(json.dumps(time.perf_counter() - start))
