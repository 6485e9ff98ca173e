"""Documents of the contract, made from the declarations that the server reads with: schemas, types, the guide."""
