"""Files that people write: YAML with line and column, and the shapes they must have."""
