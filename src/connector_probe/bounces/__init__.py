"""Reading what Exchange Online wrote (NDRs, traces, queue and validation errors), and saying what it means."""
