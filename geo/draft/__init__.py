"""A report in, a draft of its places and figures out, each held to its span; nothing is accepted by itself."""
