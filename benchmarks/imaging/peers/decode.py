"""Seconds that pydicom takes for a file with a plugin named; a line of JSON for each asked for."""

import json
import sys
import time

from pydicom import dcmread
from pydicom.pixels.utils import pixel_array

for line in sys.stdin:
    asked = json.loads(line)
    start = time.perf_counter()
    if asked["plugin"]:
        pixels = pixel_array(dcmread(asked["path"]), decoding_plugin=asked["plugin"])
    else:
        pixels = dcmread(asked["path"]).pixel_array
    taken = time.perf_counter() - start
    print(json.dumps([taken, list(pixels.shape), int(pixels.sum())]))
