"""The answers, looked through before they are trained on."""
