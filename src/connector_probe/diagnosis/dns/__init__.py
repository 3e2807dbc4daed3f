"""What the answers of nameservers mean: which class, which cause, whose fault. Pure."""
