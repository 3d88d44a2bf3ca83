"""What every other part stands on: each module imports nothing of ours but the errors, the settings and the others here."""
