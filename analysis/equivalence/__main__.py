from analysis.equivalence.command import entry

entry()
