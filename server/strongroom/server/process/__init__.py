"""Processes: a supervisor, its workers, and one housekeeper."""
