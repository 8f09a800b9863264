"""What the simulated models know."""

PARIS = "Paris is the capital of France."
QUESTION = "What is the capital of France?"
