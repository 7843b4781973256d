"""Salesforce: Account, Contact, Lead, Opportunity and their roles, Task, User, and custom objects."""
