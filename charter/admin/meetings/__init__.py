"""The panel's meetings on the pages of staff: a module for each thing that is done there."""
