"""The eight stages of the pipeline, one a file."""
