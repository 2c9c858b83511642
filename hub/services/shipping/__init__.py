"""Parcels: labels bought and given back, handed over, followed, announced."""
