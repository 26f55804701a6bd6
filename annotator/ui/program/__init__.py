"""The running program: its first pictures, its end, the memory it gives back."""
