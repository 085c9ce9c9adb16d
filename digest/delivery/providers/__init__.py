"""One file a provider: build the request, send it, read the answer."""
