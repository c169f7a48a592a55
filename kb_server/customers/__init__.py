"""What is kept of one customer: handed over, or erased, when the customer asks for it."""
