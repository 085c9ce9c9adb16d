"""One file for each provider: build the request, send it, parse the response.

A provider is a class with the methods of `digest.delivery.provider.Provider`, constructed with its settings and its
secret; `digest.delivery.registry` opens it. A provider may import what `digest.delivery` may, and of that package
anything but `registry`, `pool` and another provider.

What a provider reports later (delivered, bounced, complained) is not read yet. Parsing it belongs in the same file as
the requests; docs/architecture.md says where the rest of it goes.
"""
