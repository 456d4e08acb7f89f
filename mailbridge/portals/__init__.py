"""The shipped rule files: data, one YAML file for each portal."""
