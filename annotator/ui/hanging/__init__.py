"""An exam in the panes: which image hangs where, what was corrected, and what is read ahead for it."""
