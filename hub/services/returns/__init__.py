"""Goods that come back: asked for, allowed, received, graded, put somewhere, and paid for."""
