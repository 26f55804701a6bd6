"""The exam and the reading that are open: the desk, the session, the worklist's rows, what is exported."""
