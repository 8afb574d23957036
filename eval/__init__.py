"""Does it answer well: gold sets, measures, runs, reports and benchmarks."""
