"""The edge that dialects and web share: reading calls, bounds, routing, serving files."""
