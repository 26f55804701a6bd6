"""The guided tour on the sample exam."""
