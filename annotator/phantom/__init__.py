"""Synthetic mammograms with known truth: anatomy, calcifications, X-ray physics, DICOM files.

No patient stands behind them. Everything follows from a seed; lengths are millimetres, the chest wall
is at x = 0 and right breasts are mirrored last.
"""
