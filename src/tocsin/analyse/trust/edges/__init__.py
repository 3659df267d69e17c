"""Where nodes and edges of the trust graph come from: one file for each family of trusts.

A module holds `draw(situation)`, which yields `Node` and `Edge` in any order; a node drawn twice is
merged, an edge whose ends were not drawn is left out.
"""
