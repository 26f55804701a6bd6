"""Reading and showing mammograms: files, codecs, grey values and resampling; no Qt here."""
