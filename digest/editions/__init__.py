"""From sources or a draft to an Edition and its Messages."""
