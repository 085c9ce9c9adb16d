"""Speed and memory, each figure beside that of an alternative in the same run: `make bench`."""
