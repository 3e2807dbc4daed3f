"""What DANE and MTA-STS mean for mail, as Exchange Online applies them. Pure."""
