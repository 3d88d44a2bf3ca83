"""A city's industrial platforms and projects as a map whose every number and dot says where it comes from.

**Read** the tables (:mod:`geo.tables`), **geocode** every place name (:mod:`geo.geocode`), lay the places out as **layers** (:mod:`geo.layers`),
**draw** the map (:mod:`geo.draw`), and **serve** it (:mod:`geo.serve`). :func:`geo.atlas.build_atlas` is the first half of that sentence in code.
"""
