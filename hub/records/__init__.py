"""The shared language of the hub: checked, frozen records that import nothing else of it."""
