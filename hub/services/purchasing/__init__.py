"""Buying: suppliers, what to order, purchase orders, what arrives."""
