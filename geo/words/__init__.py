"""Everything people read, in Chinese and English."""
