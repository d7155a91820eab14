"""Inference: draws and log densities from a trained pair of networks. No metric is made here."""
