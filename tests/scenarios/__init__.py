"""Stories over several vendors at once, told through the command line."""
