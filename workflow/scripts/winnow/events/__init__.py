"""Files to events: readers, ingest, split and ledger."""
