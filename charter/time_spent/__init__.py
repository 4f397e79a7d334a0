"""How long the pages take, and where employers stop: counted without a trace of who, so that guidance improves."""
