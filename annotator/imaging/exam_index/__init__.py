"""Folders of exams kept as rows: 100,000 exams listed, filtered and sorted without opening a file."""
