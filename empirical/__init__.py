"""The paper's experiments, at the speed of the hardware."""
