"""What is reached over HTTP: the editors' desk.

May import inspection and every package below it.
"""
