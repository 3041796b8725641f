"""What the examples of the documentation name is found at a cost that no history changes."""

from __future__ import annotations


def test_samples_are_read_by_indexes_without_a_sort(crowded, plan):
    crowded.execute("set enable_seqscan = off")
    found = plan("documentation.get_samples")
    crowded.execute("reset enable_seqscan")
    kinds = {node["Node Type"] for node in found}
    assert kinds.isdisjoint({"Sort", "Incremental Sort", "Seq Scan", "Hash Join"}), kinds
    assert "Limit" in kinds
