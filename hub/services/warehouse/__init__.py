"""The floor: what is fetched, put into boxes, and goes back to its shelf."""
