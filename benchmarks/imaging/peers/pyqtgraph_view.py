"""A pyqtgraph ImageItem, offscreen: seconds for each step asked for in a line of JSON.

{"path", "size"} opens, {"scale"} sets image pixels on screen pixels, {"step": "window"} drags the window.
"""

import json
import os
import sys
import time

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
import pyqtgraph as pg
from pydicom import dcmread

app = pg.mkQApp()
view = pg.GraphicsView()
box = pg.ViewBox(lockAspect=True, invertY=True)
view.setCentralItem(box)
item = pg.ImageItem(axisOrder="row-major")
box.addItem(item)
steps = 0

for line in sys.stdin:
    asked = json.loads(line)
    start = time.perf_counter()
    if "path" in asked:
        pixels = dcmread(asked["path"]).pixel_array
        item.setImage(pixels, levels=(500, 3500))
        view.resize(*asked["size"])
        view.show()
    elif "scale" in asked:
        rows, columns = pixels.shape
        width, height = asked["size"]
        half = np.array([width, height]) / asked["scale"] / 2
        low, high = np.array([columns, rows]) / 2 - half, np.array([columns, rows]) / 2 + half
        box.setRange(xRange=(low[0], high[0]), yRange=(low[1], high[1]), padding=0, disableAutoRange=True)
    else:
        steps += 1
        item.setLevels((500 + steps % 40, 3500 - steps % 60))
    app.processEvents()
    print(json.dumps(time.perf_counter() - start))
