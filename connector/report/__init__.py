"""Pages: what a command shows, as blocks, rows and data; and the forms they are given out in."""
