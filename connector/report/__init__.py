"""Tables and pages made of plans and runs."""
