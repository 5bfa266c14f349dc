"""Files of somebody else become orders and networks, or one error that lists every problem."""
