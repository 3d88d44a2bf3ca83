"""Read the tables: files in, valid rows out, or every problem at once."""
