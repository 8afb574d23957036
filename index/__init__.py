"""Passages to ranked hits: catalogue, vectors, FAISS, lexical index, fusion."""
