"""Running what is owed: the engine, its threads and the bell that wakes them."""
