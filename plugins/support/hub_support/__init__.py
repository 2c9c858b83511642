"""Support channels for Commerce Hub: one package each, one entry point each."""
