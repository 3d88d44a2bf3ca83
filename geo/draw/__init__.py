"""Draw the map: for the browser, as a picture, and as the first paint of a page."""
