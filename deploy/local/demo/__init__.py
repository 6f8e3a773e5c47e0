"""`make demo`: from a running stack to invoices a person can look at."""
