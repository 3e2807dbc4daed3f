"""From a connector to its evidence: its addresses, the stages in order, and what a run of many shares."""
