"""The offline geocoder: names, addresses and misspelt names, answered from the gazetteer."""
