"""The files a session leaves behind: their schemas, writers, readers and pictures.

This room stands just above the domain. It turns plain values into text and back, and knows nothing of how
a session runs.
"""
