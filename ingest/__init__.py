"""Files and URLs to documents, documents to passages."""
