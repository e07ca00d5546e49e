"""From the name of a model to its file: catalog, download, student, and the exports of a workspace."""
