from analysis.logistic.command import entry

entry()
