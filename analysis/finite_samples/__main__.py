from analysis.finite_samples.command import entry

entry()
