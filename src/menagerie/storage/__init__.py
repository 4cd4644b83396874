"""Where things are kept: the SQL database, the object store and the change log."""
