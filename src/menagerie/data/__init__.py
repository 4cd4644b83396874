"""What comes with the program: data of our own words, with sources, and its readers."""
