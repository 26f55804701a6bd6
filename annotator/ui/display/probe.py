"""What Qt finds here, as one line of JSON: `python -m annotator.ui.display.probe`.

In a process of its own because Qt ends the process when it cannot reach a screen.
"""

from __future__ import annotations

import json
import sys

from PySide6.QtCore import qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication


def probe() -> dict[str, object]:
    """Qt's version, its platform plugin, the screens (sizes in device-independent pixels), and fonts."""
    app = QGuiApplication([sys.argv[0]])
    return {
        "qt": qVersion(),
        "platform": app.platformName(),
        "screens": [
            {
                "name": screen.name(),
                "width": screen.size().width(),
                "height": screen.size().height(),
                "depth": screen.depth(),
                "scale": screen.devicePixelRatio(),
                "manufacturer": screen.manufacturer().strip(),
                "model": screen.model().strip(),
                "serial": screen.serialNumber().strip(),
            }
            for screen in app.screens()
        ],
        "fonts": len(QFontDatabase.families()),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe()) + "\n")
