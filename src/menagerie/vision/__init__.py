"""What the models see in pictures: subjects, breeds, safety and vectors. No database, no HTTP."""
