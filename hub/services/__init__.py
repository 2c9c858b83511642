"""The verbs of the hub: each loads, asks the domain and saves, or calls a vendor; never both."""
