"""The editor's desk: a page on one's own machine that shows an edition as readers get it, and changes its draft."""
