"""What is printed: pick lists, packing slips, purchase orders. Records in, PDF bytes out."""
