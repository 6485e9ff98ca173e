"""Several processes of one server: one accepts connections and hands them to workers, which serve."""
