"""Orders: accepted, held, routed, changed, cancelled, refunded."""
