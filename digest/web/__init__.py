"""HTTP: the editors' desk."""
