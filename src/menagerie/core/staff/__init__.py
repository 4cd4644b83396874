"""What staff decide, together: the queue, duplicates, batches, bans, and the way back."""
