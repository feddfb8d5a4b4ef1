"""The benchmarks: every figure beside its floor, measured in the same run (docs/performance.md says how to read them)."""
