"""Files from elsewhere become orders and networks, or one error that lists every problem."""
