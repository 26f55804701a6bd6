"""Steps that bring a database to the form this program writes; run by `annotator.store.upgrade`."""
