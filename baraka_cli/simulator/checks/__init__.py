"""What a simulated sale is judged by: one file for each kind of promise."""
