"""Real daemons for tests: clusters of ours and of stock Hadoop, started on free ports and always stopped."""
