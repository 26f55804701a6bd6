"""Bright spots of a whole image that are proposed for labelling: measured alike, judged by a trained model."""
