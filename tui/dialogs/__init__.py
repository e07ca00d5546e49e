"""Dialogs: questions, forms, long texts and a file picker."""
