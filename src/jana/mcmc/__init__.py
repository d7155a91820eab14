"""Markov chains of many targets at once, on plain tensors: nothing here knows of networks."""
