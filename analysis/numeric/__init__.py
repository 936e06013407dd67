"""The same quantities by PyTorch, sharing no formula with the exact side; torch is imported on demand."""
