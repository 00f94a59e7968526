"""The manifests for Kubernetes, against the schemas and against the code."""
