"""The panel: the scheme's partners who decide some cases together, in meetings that are written down."""
