"""Networks: tensors to tensors. Nothing here knows of probability.

Every layer holds the weights of M members side by side and takes one generator per member:
members never mix, and each starts as it would alone.
"""
