"""The logic of checks that ask more than one object: one file each, named in the check's data.

A module holds `judge(situation, check)`, which yields a `Verdict` for every subject.
"""
