from analysis.dimensions.command import entry

entry()
