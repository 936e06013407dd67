"""The same quantities by PyTorch, independently: no formula of the symbolic side is used here.

Everything is MAML written out on the model itself with `torch.autograd` and `create_graph=True`. Needs torch
(`pip install 'metadepth[empirical]'`), which `import analysis` alone never loads.
"""
