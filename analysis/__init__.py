"""Analysis: names, values and the cited records of actors, attacks and strategies."""
