"""Reference fits: Stan programs, compiled with what a machine has, and sampled by NUTS."""
