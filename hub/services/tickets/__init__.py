"""Who must be answered, and what a person must look after."""
