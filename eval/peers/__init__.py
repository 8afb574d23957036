"""Other systems over the same documents, asked the same questions: one adapter a file.

The frameworks are an optional extra. `make peers` installs them into `.venv-peers`, beside Dossier
and away from `.venv`, so that what they pin never changes what is served.
"""
