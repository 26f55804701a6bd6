"""Tomosynthesis and other stacks in the panes: slices, slabs, cine."""
