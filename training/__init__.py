"""The recipe of the reader model: data, training, export and measures."""
