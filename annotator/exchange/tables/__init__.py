"""Readings as tables and data sets to train on: CSV, Parquet, COCO, YOLO, masks, with dictionary, card and checksums."""
