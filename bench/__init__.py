"""How fast the product is, against yardsticks on the same machine in the same run."""
