"""What the workers do: check stock, pack, ship; and what that needs to know of the world."""
