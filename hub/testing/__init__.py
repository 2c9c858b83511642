"""Ships with the hub: all that is needed to prove a connector right."""
