from analysis.dynamics.command import entry

entry()
