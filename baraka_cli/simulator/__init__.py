"""Load and proof: a crowd that holds a sale on any server that speaks the contract."""
