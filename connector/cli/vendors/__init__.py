"""What `init` knows of the vendors: which fields to create, how to get a key, and the page that says so."""
