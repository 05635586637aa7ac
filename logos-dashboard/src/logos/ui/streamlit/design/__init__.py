"""The visual language: colours, number formats, figures, styles."""
