"""The newsroom at work: compose an edition, preview it, send it. The one place that knows the order of the stages."""
