"""Hits to an answer that can be checked, or to a plain refusal."""
