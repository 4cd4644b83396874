"""What `make bench` prints: each figure beside its target or a rival of the same run."""
